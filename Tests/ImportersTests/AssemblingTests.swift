import Archives
import Foundation
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// Several files of one device are one import, however they are given: in any order, in an archive, as
/// values of one file; what is missing is named.
@Suite struct AssemblingTests {
  private static let formats: Set<String> = [
    "fortigate", "checkpoint", "cisco-fmc", "meraki", "sallyport-policy",
  ]

  /// Cases of JSON management APIs with several files that make a policy.
  static func severalFiles() throws -> [SampleCase] {
    try SampleCase.all().filter { sample in
      guard formats.contains(sample.format) else { return false }
      return try sample.inputs().count > 1 && (try? importerRegistry.read(sample.inputs())) != nil
    }
  }

  /// What must not depend on how the files are given: rules in order, what they do, and how many notes
  /// of each kind there are.
  struct Shape: Equatable {
    var rules: [String] = []
    var notes: [String: Int] = [:]

    init(_ files: [ExportFile]) throws {
      let export = try importerRegistry.read(files).export
      for policy in export.policies.sorted(by: { $0.scope < $1.scope }) {
        for table in policy.tables {
          rules.append("\(policy.scope)/\(table.name) \(table.defaultAction.outcome)")
          rules += table.rules.map {
            "\($0.name) \($0.action.word) \($0.match.clauses.count) \($0.enabled)"
          }
        }
        for object in policy.endpointObjects.map({ "\($0.id) \($0.list.terms.count)" }).sorted() {
          rules.append(object)
        }
        for note in policy.notes where note.kind != .reading {
          notes["\(note.kind)", default: 0] += 1
        }
      }
    }
  }

  @Test(arguments: try severalFiles())
  func orderOfFilesDoesNotMatter(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    #expect(try Shape(inputs.reversed()) == Shape(inputs))
  }

  @Test(arguments: try severalFiles())
  func archivesHoldTheSame(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    let entries = try ArchiveReader.entries(Self.tar(inputs))
    #expect(entries.count == inputs.count)
    let unpacked = entries.map { ExportFile(name: "all.tar/\($0.name)", bytes: $0.bytes) }
    #expect(try Shape(unpacked) == Shape(inputs))
  }

  /// Answers appended to one file by a script. File names have a meaning for the rule lists of Meraki and
  /// the tables of ShowPolicyPackage, so those are left out.
  @Test(
    arguments: try severalFiles().filter {
      $0.format != "meraki" && $0.name != "policy-package-tool"
    })
  func valuesInOneFileAreTheSame(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    let joined = inputs.map(\.bytes).joined(separator: [0x0A])
    #expect(try Shape([ExportFile(name: "all.json", bytes: Array(joined))]) == Shape(inputs))
  }

  /// Members named by the requests do for Meraki what file names do.
  @Test(arguments: ["group-policies", "site-to-site"])
  func membersOfOneObjectAreTheSame(_ name: String) throws {
    let inputs = try SampleCase(format: "meraki", name: name).inputs()
    let members = inputs.map { file in
      let key = file.name.dropFirst("input-".count).dropLast(".json".count)
      return "\"\(key)\": \(String(decoding: file.bytes, as: UTF8.self))"
    }
    let object = "{\(members.joined(separator: ",\n"))}"
    let joined = ExportFile(name: "network.json", bytes: Array(object.utf8))
    #expect(try Shape([joined]) == Shape(inputs))
  }

  /// Files that decide nothing for the clients of the device, so that nothing is owed when they are not
  /// there, and policies of which no other one can know.
  private static let dispensable: Set<String> = [
    // The default action of another policy: that the own one is missing is said with it and without.
    "cisco-fmc/default-action-elsewhere/input-2-default.json",
    "meraki/site-to-site/input-cellularFirewallRules.json",
    "meraki/site-to-site/input-inboundFirewallRules.json",
    "sallyport-policy/scopes/input-1.json", "sallyport-policy/scopes/input-2.json",
  ]

  /// A file taken away is an error with advice, or a note that was not there before.
  @Test(arguments: try severalFiles())
  func whatIsMissingIsNamed(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    let whole = try importerRegistry.read(inputs).export
    for missing in inputs.indices {
      var rest = inputs
      rest.remove(at: missing)
      let export: ImportedExport
      do throws(ImportError) {
        export = try importerRegistry.read(rest).export
      } catch {
        #expect(error.code == .incomplete, "\(inputs[missing].name): \(error)")
        #expect(!error.advice.isEmpty)
        continue
      }
      // Two scopes may lack the same thing, so texts are counted.
      func texts(_ export: ImportedExport) -> [String: Int] {
        export.policies.flatMap(\.notes).reduce(into: [:]) { $0[$1.text, default: 0] += 1 }
      }
      let before = texts(whole)
      let isNamed = texts(export).contains { text, count in count > before[text, default: 0] }
      let file = "\(sample.format)/\(sample.name)/\(inputs[missing].name)"
      #expect(isNamed != Self.dispensable.contains(file), "without \(file)")
    }
  }

  struct Dressing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let dress: @Sendable ([UInt8]) -> [UInt8]
    /// A reading note that says it, if one is owed.
    var note: String?
  }

  private static func utf16(_ bytes: [UInt8], littleEndian: Bool) -> [UInt8] {
    String(decoding: bytes, as: UTF8.self).utf16.flatMap { unit -> [UInt8] in
      let high = UInt8(unit >> 8)
      let low = UInt8(unit & 0xFF)
      return littleEndian ? [low, high] : [high, low]
    }
  }

  static let dressings = [
    Dressing(testDescription: "byte-order mark", dress: { [0xEF, 0xBB, 0xBF] + $0 }),
    Dressing(
      testDescription: "UTF-16LE with mark",
      dress: { [0xFF, 0xFE] + utf16($0, littleEndian: true) },
      note: "UTF-16"),
    Dressing(
      testDescription: "UTF-16BE with mark",
      dress: { [0xFE, 0xFF] + utf16($0, littleEndian: false) },
      note: "UTF-16"),
    Dressing(
      testDescription: "UTF-16LE without mark", dress: { utf16($0, littleEndian: true) },
      note: "UTF-16"),
    Dressing(
      testDescription: "comment in front", dress: { Array("# saved by a script\n".utf8) + $0 },
      note: "1 comment line(s)"),
    Dressing(
      testDescription: "two comments and blank lines",
      dress: { Array("// answer\n\n# of Monday\n".utf8) + $0 }, note: "2 comment line(s)"),
    Dressing(
      testDescription: "Windows line ends",
      dress: { bytes in
        bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
      }),
  ]

  @Test(
    arguments: try severalFiles().filter {
      ["minimal", "group-policies", "scopes"].contains($0.name)
    },
    dressings)
  func encodingsAndCommentsAreRecognisedAndNamed(
    _ sample: SampleCase, _ dressing: Dressing
  ) throws {
    let inputs = try sample.inputs()
    let dressed = inputs.map { ExportFile(name: $0.name, bytes: dressing.dress($0.bytes)) }
    #expect(try Shape(dressed).rules == Shape(inputs).rules)
    let notes = try importerRegistry.read(dressed).export.policies[0].notes
    if let wanted = dressing.note {
      #expect(notes.count { $0.kind == .reading && $0.text.contains(wanted) } == inputs.count)
    }
  }

  /// Files cut anywhere between values: refused as truncated, with the place.
  @Test(arguments: try SampleCase.minimal().filter { formats.contains($0.format) })
  func cutFilesAreNamed(_ sample: SampleCase) throws {
    for file in try sample.inputs() where file.bytes.first == 0x7B || file.bytes.first == 0x5B {
      let cut = ExportFile(name: file.name, bytes: Array(file.bytes.dropLast(file.bytes.count / 3)))
      let error = #expect(throws: ImportError.self) { try importerRegistry.read([cut]) }
      #expect(error?.code == .malformed)
      #expect(error?.reason.contains("truncated") == true, "\(file.name) \(error?.reason ?? "")")
      #expect(error?.position.isEmpty == false)
    }
  }

  struct LookAlike: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let code: ImportError.Code
    let words: String
  }

  /// Wrong files of the right product, and files that only look like an export.
  static let lookAlikes = [
    LookAlike(
      testDescription: "FortiGate monitor",
      text: #"""
        {"http_method": "GET", "path": "firewall", "name": "policy", "status": "success", "vdom": "root",
         "results": [{"policyid": 1, "bytes": 5, "packets": 1, "hit_count": 3}]}
        """#, code: .wrongKind, words: "FortiGate"),
    LookAlike(
      testDescription: "FortiGate refusal",
      text: #"{"http_method": "GET", "status": "error", "http_status": 403, "vdom": "root"}"#,
      code: .wrongKind, words: "403"),
    LookAlike(
      testDescription: "Check Point refusal",
      text: #"{"code": "generic_err_wrong_session_id", "message": "Wrong session id"}"#,
      code: .wrongKind, words: "generic_err_wrong_session_id"),
    LookAlike(
      testDescription: "FMC refusal",
      text: #"""
        {"error": {"category": "FRAMEWORK", "messages": [{"description": "Access token invalid"}],
         "severity": "ERROR"}}
        """#, code: .wrongKind, words: "Access token invalid"),
    LookAlike(
      testDescription: "Meraki refusal", text: #"{"errors": ["Not found"]}"#, code: .wrongKind,
      words: "Not found"),
    LookAlike(
      testDescription: "audit of Sallyport", text: #"{"schema": "sallyport.audit/1", "sites": []}"#,
      code: .wrongKind, words: "no policy"),
    LookAlike(
      testDescription: "rules of nobody", text: #"{"rules": [{"name": "a", "action": "allow"}]}"#,
      code: .notRecognised, words: "a JSON object with `rules`"),
    LookAlike(
      testDescription: "empty answer", text: "[]", code: .notRecognised, words: "JSON array"),
    LookAlike(testDescription: "nothing", text: "", code: .malformed, words: "empty"),
    LookAlike(
      testDescription: "a comment only", text: "# to do\n", code: .notRecognised,
      words: "text starting `# to do`"),
  ]

  @Test(arguments: lookAlikes)
  func wrongFilesAreNamed(_ row: LookAlike) throws {
    let file = ExportFile(name: "f.json", bytes: Array(row.text.utf8))
    let error = #expect(throws: ImportError.self) { try importerRegistry.read([file]) }
    #expect(error?.code == row.code, "\(error.map(\.description) ?? "")")
    #expect(error?.description.contains(row.words) == true, "\(error?.description ?? "")")
  }

  /// Exports of two products are never one device.
  @Test func twoProductsAreRefused() throws {
    let fortigate = try SampleCase(format: "fortigate", name: "rest-vdoms").inputs()
    let cisco = try SampleCase(format: "cisco-fmc", name: "minimal").inputs()
    let error = #expect(throws: ImportError.self) { try importerRegistry.read(fortigate + cisco) }
    #expect(error?.code == .mixed)
    #expect(error?.advice == "give the files of one device at a time")
  }

  /// A file of another kind in the folder is passed over, and said to be.
  @Test func strangersInTheFolderArePassedOver() throws {
    let inputs = try SampleCase(format: "cisco-fmc", name: "minimal").inputs()
    let stranger = ExportFile(name: "package.json", bytes: Array(#"{"name": "tool"}"#.utf8))
    let policy = try importerRegistry.read(inputs + [stranger]).export.policies[0]
    #expect(policy.files.last == "package.json")
    #expect(policy.notes.contains { $0.text.hasPrefix("a file was passed over") })
  }

  // MARK: Archives

  /// A ustar archive, made here so that no test depends on a program.
  private static func tar(_ files: [ExportFile]) -> [UInt8] {
    var result: [UInt8] = []
    for file in files {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at start: Int) {
        for (index, byte) in text.utf8.enumerated() { header[start + index] = byte }
      }
      func octal(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
      }
      put(file.name, at: 0)
      put("0000644", at: 100)
      put("0000000", at: 108)
      put("0000000", at: 116)
      put(octal(file.bytes.count, 11), at: 124)
      put(octal(1_716_000_000, 11), at: 136)
      put("        ", at: 148)
      put("0", at: 156)
      put("ustar", at: 257)
      put("00", at: 263)
      let sum = header.reduce(0) { $0 + Int($1) }
      put(octal(sum, 6) + "\0 ", at: 148)
      result += header + file.bytes
      result += [UInt8](repeating: 0, count: (512 - file.bytes.count % 512) % 512)
    }
    return result + [UInt8](repeating: 0, count: 1024)
  }
}
