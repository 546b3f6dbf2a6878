// The law of planting, whole: every plant of every sample, or of those that are named.
//
// Usage: swift run -c release PlantingRun [FORMAT[/CASE]]…   prints each violation and a table

import CatalogueReaders
import Foundation
import ImportKit
import Importers
import PlantingSupport
import TestSupport

let wanted = CommandLine.arguments.dropFirst()
guard let catalogue = try BuiltInCatalogues.all().first(where: { $0.version == "2024-05-17" })
else {
  exit(70)
}
var table: [(format: String, cases: Int, plants: Int, violations: Int)] = []
for format in importerRegistry.importers.map(\.format.id) {
  let folder = Repository.samples.appendingPathComponent(format)
  var row = (format: format, cases: 0, plants: 0, violations: 0)
  for name in try Repository.folders(in: folder) {
    let id = "\(format)/\(name)"
    guard wanted.isEmpty || wanted.contains(format) || wanted.contains(id),
      let law = PlantingLaw(
        try SampleFiles.inputs(of: folder.appendingPathComponent(name)), catalogue: catalogue)
    else { continue }
    row.cases += 1
    for plant in law.plants {
      row.plants += 1
      guard let violation = law.violation(of: plant) else { continue }
      row.violations += 1
      print("\(id) \(violation.kind.rawValue) \(violation.place): \(violation.text)")
    }
  }
  if row.cases > 0 { table.append(row) }
}
for row in table {
  print("\(row.format): \(row.cases) cases, \(row.plants) plants, \(row.violations) violations")
}
let violations = table.reduce(0) { $0 + $1.violations }
let plants = table.reduce(0) { $0 + $1.plants }
print("\(plants - violations) passed, \(violations) failed")
exit(violations == 0 ? 0 : 1)
