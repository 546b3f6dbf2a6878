import Foundation
import ImportKit
import Importers
import PolicyCoding
import PolicyModel
import TestSupport
import Testing

/// What every importer owes, whatever its format.
@Suite struct ConformanceTests {
  /// Reads, and says whether it succeeded; the only other way out is an ``ImportError``.
  @discardableResult
  private func read(_ bytes: [UInt8], _ name: String = "input") -> ImporterRegistry.Outcome? {
    try? importerRegistry.read([ExportFile(name: name, bytes: bytes)])
  }

  @Test(arguments: try SampleCase.all())
  func sameInputGivesSameBytes(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    guard let first = try? importerRegistry.read(inputs) else { return }
    let second = try importerRegistry.read(inputs)
    #expect(first.neutral() == second.neutral())
  }

  @Test(arguments: try SampleCase.all())
  func everyRuleHasAPosition(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    guard let outcome = try? importerRegistry.read(inputs) else { return }
    for policy in outcome.export.policies {
      for table in policy.tables {
        for rule in table.rules where rule.origin == .written {
          #expect(rule.position.line > 0, "\(table.name)/\(rule.name) has no line")
          #expect(policy.files.indices.contains(rule.position.file))
          if policy.files[rule.position.file].hasSuffix(".json") {
            #expect(rule.position.pointer?.hasPrefix("/") ?? false || rule.position.pointer == "")
          }
        }
      }
    }
  }

  /// The neutral form holds everything: reading it back gives the same policy.
  @Test(arguments: try SampleCase.all())
  func neutralFormIsComplete(_ sample: SampleCase) throws {
    guard let outcome = try? importerRegistry.read(try sample.inputs()) else { return }
    for policy in outcome.export.policies {
      let bytes = PolicyWriter(policy).write()
      let again = try NeutralText.policy(bytes)
      #expect(again == policy)
    }
  }

  @Test(arguments: try SampleCase.all())
  func pipelinesNameTablesThatExist(_ sample: SampleCase) throws {
    guard let outcome = try? importerRegistry.read(try sample.inputs()) else { return }
    for policy in outcome.export.policies {
      #expect(policy.files == outcome.export.policies[0].files, "one list of files an export")
      let names = policy.tables.map(\.name)
      #expect(Set(names).count == names.count, "table names are unique")
      for pipeline in policy.pipelines {
        #expect(!pipeline.stages.isEmpty)
        for stage in pipeline.stages { #expect(names.contains(stage.table)) }
        if let inspection = pipeline.inspection { #expect(names.contains(inspection)) }
      }
      #expect(!policy.proposals.isEmpty, "an audit without options has a client to judge")
    }
  }

  /// Cut behind every `>` or structural character of a small sample.
  /// Every result says what such an export does not contain; a policy that a person wrote in
  /// Sallyport's own form holds what that person says.
  @Test(arguments: try SampleCase.minimal())
  func everyPolicySaysWhatTheExportLacks(_ sample: SampleCase) throws {
    let outcome = try importerRegistry.read(sample.inputs())
    guard outcome.format.id != "sallyport-policy" else { return }
    for policy in outcome.export.policies {
      #expect(
        policy.notes.contains { $0.kind == .completeness },
        "\(outcome.format.id), \(policy.scope): no completeness note")
    }
  }

  @Test(arguments: try SampleCase.minimal())
  func truncationIsAnErrorOrAPolicy(_ sample: SampleCase) throws {
    for file in try sample.inputs() {
      let edges: Set<UInt8> = [0x3E, 0x7D, 0x5D, 0x2C, 0x22]
      for (index, byte) in file.bytes.enumerated() where edges.contains(byte) {
        let cut = Array(file.bytes[...index])
        guard index < file.bytes.count - 2, let outcome = read(cut) else { continue }
        // What is left may be a whole value in JSON; a cut XML document never is.
        #expect(
          file.bytes.first != 0x3C || cut.count >= file.bytes.count - 2,
          "cut at \(index) was read as \(outcome.format.id)")
      }
    }
  }

  @Test(arguments: try SampleCase.minimal())
  func damagedBytesNeverCrash(_ sample: SampleCase) throws {
    var random = SeededRandom()
    for file in try sample.inputs() {
      for _ in 0..<rounds(400) {
        var bytes = file.bytes
        for _ in 0..<(1 + random.below(4)) {
          switch random.below(3) {
          case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
          case 1: bytes.remove(at: random.below(bytes.count))
          default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
          }
        }
        read(bytes)
      }
    }
    print("damagedBytesNeverCrash \(sample.testDescription): seed \(random.seed)")
  }

  /// Elements or members in another order: never a crash, and no rule lost unless it is refused.
  @Test(arguments: try SampleCase.minimal())
  func shuffledLinesNeverCrash(_ sample: SampleCase) throws {
    var random = SeededRandom()
    for file in try sample.inputs() {
      let lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
      for _ in 0..<rounds(60) {
        var shuffled = lines
        let first = random.below(lines.count)
        let second = random.below(lines.count)
        shuffled.swapAt(first, second)
        read(Array(shuffled.joined(separator: "\n").utf8))
      }
    }
    print("shuffledLinesNeverCrash \(sample.testDescription): seed \(random.seed)")
  }

  @Test(arguments: try SampleCase.minimal())
  func byteOrderMarksAndUTF16AreRead(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    let plain = try importerRegistry.read(inputs).export
    let little: @Sendable (String) -> [UInt8] = { text in
      text.utf16.flatMap { unit in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    }
    let big: @Sendable (String) -> [UInt8] = { text in
      text.utf16.flatMap { unit in [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
    }
    let encodings: [([UInt8], @Sendable (String) -> [UInt8])] = [
      ([0xEF, 0xBB, 0xBF], { Array($0.utf8) }), ([0xFF, 0xFE], little), ([0xFE, 0xFF], big),
    ]
    for (mark, encode) in encodings {
      let recoded = inputs.map { file -> ExportFile in
        var text = String(decoding: file.bytes, as: UTF8.self)
        // A declaration that says UTF-8 would lie about UTF-16 bytes.
        if mark.count == 2, text.hasPrefix("<?xml"), let end = text.firstRange(of: "?>") {
          text.removeSubrange(..<end.upperBound)
        }
        return ExportFile(name: file.name, bytes: mark + encode(text))
      }
      let again = try importerRegistry.read(recoded).export
      #expect(again.policies.map(\.ruleCount) == plain.policies.map(\.ruleCount))
    }
  }
}

/// Reads neutral JSON as a test needs it.
enum NeutralText {
  static func policy(_ bytes: [UInt8]) throws -> Policy {
    var reader = PolicyReader()
    return try reader.policy(try JSONTreeBox.root(bytes))
  }
}
