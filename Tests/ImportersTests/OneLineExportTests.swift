import ImportKit
import Importers
import PolicyModel
import Testing

/// Exports that hold everything on one line, as the APIs of several products give them.
@Suite struct OneLineExportTests {
  /// Lines tell no rules apart there, and the number of rules is the same all the same.
  @Test(arguments: ["panos", "panorama", "junos-srx", "pfsense", "opnsense"])
  func rulesAreCountedWithoutLines(_ format: String) throws {
    for sample in try SampleCase.all() where sample.format == format {
      let files = try sample.inputs()
      guard files.allSatisfy({ $0.name.hasSuffix(".xml") }),
        let original = try? importerRegistry.read(files)
      else { continue }
      let flat = files.map { file in
        ExportFile(name: file.name, bytes: file.bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
      }
      let outcome = try importerRegistry.read(flat)
      #expect(
        outcome.export.policies.map(\.ruleCount) == original.export.policies.map(\.ruleCount),
        "\(sample.testDescription)")
    }
  }
}
