import CatalogueReaders
import PlantingSupport
import TestSupport
import Testing

/// A seeded share of the law of planting; `swift run -c release PlantingRun` tries it whole.
@Suite struct PlantingTests {
  @Test(arguments: SampleCase.formats)
  func definiteVerdictsArePossibleOnes(_ format: String) throws {
    let catalogue = try #require(try BuiltInCatalogues.all().first { $0.version == "2024-05-17" })
    var random = SeededRandom()
    let cases = try SampleCase.all().filter { $0.format == format }
    for _ in 0..<rounds(4) {
      let sample = random.pick(cases)
      guard let law = PlantingLaw(try sample.inputs(), catalogue: catalogue), !law.plants.isEmpty
      else { continue }
      for _ in 0..<12 {
        let plant = random.pick(law.plants)
        let violation = law.violation(of: plant)
        #expect(
          violation == nil,
          """
          seed \(random.seed), \(sample.testDescription), \(plant.kind.rawValue) at \(plant.place): \
          \(violation?.text ?? "")
          """)
      }
    }
  }
}
