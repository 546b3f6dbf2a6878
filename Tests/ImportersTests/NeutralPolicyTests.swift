import Foundation
import ImportKit
import Importers
import PolicyCoding
import PolicyModel
import TestSupport
import Testing

/// Sallyport's own neutral JSON as a format: everything that Sallyport wrote comes back as it was, what
/// the schema describes is what the reader takes, and what is wrong is said with its place.
@Suite struct NeutralPolicyTests {
  /// Cases of every format whose export was read, with the policies that came of it.
  static func readable() throws -> [SampleCase] {
    try SampleCase.all().filter { sample in
      golden(sample.folder.appendingPathComponent("expected.policy.json"))
        .map { !$0.hasPrefix("error ") } ?? false
    }
  }

  @Test(arguments: try readable())
  func goldensRoundTrip(_ sample: SampleCase) throws {
    let text = try #require(golden(sample.folder.appendingPathComponent("expected.policy.json")))
    let outcome = try importerRegistry.read([
      ExportFile(name: "policy.json", bytes: Array(text.utf8))
    ])
    #expect(outcome.format.id == "sallyport-policy")
    #expect(outcome.neutral() == text)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let message: String

    init(_ text: String, line: Int = 1, _ message: String) {
      self.text = text
      self.line = line
      self.message = message
    }

    var testDescription: String { message }
  }

  private static let head = #"{"schema": "sallyport.policy/1","#
  private static func rule(_ text: String) -> String {
    head + "\n" + #""tables": [{"name": "t", "default": "deny", "rules": ["# + "\n" + text + "]}]}"
  }

  static let refusals = [
    Refusal(#"{"schema": "sallyport.policy/1"}"#, "`tables` is missing"),
    Refusal(head + #""tables": 1}"#, "/tables: `tables` is a list, here it is a number"),
    Refusal(head + #""table": []}"#, "a policy has no `table`; it can have"),
    Refusal(head + #""tables": [{"name": "t"}]}"#, "/tables/0: `default` is missing"),
    Refusal(
      head + #""tables": [{"name": "t", "default": "block"}]}"#,
      "/tables/0/default: `default` is `block`, expected one of `allow`, `deny`, `none`"),
    Refusal(
      head + #""tables": [{"name": "t", "default": "deny"}, {"name": "t", "default": "deny"}]}"#,
      "/tables/1: there are two tables with the name `t`"),
    Refusal(
      head + #""pipelines": [{"stages": ["u"]}], "tables": [{"name": "t", "default": "deny"}]}"#,
      "/pipelines/0: there is no table `u`"),
    Refusal(
      head + #""zones": [{"name": "a", "networks": ["10.0.0.0/33"]}], "tables": []}"#,
      "/zones/0/networks/0: expected an address, a prefix"),
    Refusal(
      head
        + #""endpoint_objects": [{"id": "a", "list": []}, {"id": "a", "list": []}], "tables": []}"#,
      "/endpoint_objects/1: the id `a` is taken"),
    Refusal(rule("{}"), line: 3, "/tables/0/rules/0: `action` is missing"),
    Refusal(
      rule(#"{"action": "permit"}"#), line: 3, "/tables/0/rules/0/action: `action` is `permit`"),
    Refusal(rule(#"{"action": "allow", "enabled": "no"}"#), line: 3, "`enabled` is true or false"),
    Refusal(rule(#"{"action": "deny", "gates": ["t"]}"#), line: 3, "only `allow` has `gates`"),
    Refusal(rule(#"{"action": "goto", "target": "u"}"#), line: 3, "there is no table `u`"),
    Refusal(
      rule(#"{"action": "allow", "match": {"dest": []}}"#), line: 3, "clause `dest` is not known"),
    Refusal(
      rule(#"{"action": "allow", "match": {"source": {"terms": ["any"], "negated": "x"}}}"#),
      line: 3,
      "`negated` is true or false, here it is a text"),
    Refusal(
      rule(#"{"action": "allow", "match": {"source": [{"host": "a.b", "domain": "a.b"}]}}"#),
      line: 3,
      "a term is one thing, here it is host and domain"),
    Refusal(
      rule(#"{"action": "allow", "match": {"destination": ["*.x.com"]}}"#), line: 3,
      #"write {"subdomains_of": "x.com"}"#),
    Refusal(
      rule(#"{"action": "allow", "match": {"destination": {"object": "o"}}}"#), line: 3,
      "no object has the id `o`"),
    Refusal(
      rule(#"{"action": "allow", "match": {"service": "https"}}"#), line: 3,
      "`https` is not a service"),
    Refusal(
      rule(#"{"action": "allow", "match": {"service": [{"ports": "443-"}]}}"#), line: 3,
      "`443-` is not a list of ports"),
    Refusal(
      rule(#"{"action": "allow", "position": {"line": 7}}"#), line: 3,
      "file 0 is not among the 0 names in `files`"),
  ]

  @Test(arguments: refusals)
  func refusedWithItsPlace(_ row: Refusal) throws {
    let file = ExportFile(name: "p.json", bytes: Array(row.text.utf8))
    let error = #expect(throws: ImportError.self) { try importerRegistry.read([file]) }
    #expect(error?.code == .malformed)
    #expect(error?.position == "\(row.line)")
    #expect(error?.reason.contains(row.message) == true, "\(error?.reason ?? "")")
  }

  @Test func equalScopesAreRefused() throws {
    let text = #"{"schema": "sallyport.policy/1", "tables": [{"name": "t", "default": "deny"}]}"#
    let file = ExportFile(name: "p.json", bytes: Array((text + text).utf8))
    let error = #expect(throws: ImportError.self) { try importerRegistry.read([file]) }
    #expect(error?.code == .mixed)
  }
}

/// The JSON Schema against what the program writes and takes, with the reference validator in Python.
@Suite(.enabled(if: SchemaValidator.isPresent, "python3-jsonschema is not installed"))
struct NeutralPolicySchemaTests {
  @Test func everyGoldenIsValid() throws {
    let texts = try NeutralPolicyTests.readable().compactMap { sample in
      golden(sample.folder.appendingPathComponent("expected.policy.json"))
    }
    #expect(texts.count > 100)
    #expect(try SchemaValidator.firstErrors(texts).compactMap { $0 }.isEmpty)
  }

  @Test func ourExamplesAreValid() throws {
    let folder = Repository.samples.appendingPathComponent("sallyport-policy")
    for name in ["minimal", "every-form", "canaries"] {
      let text = try #require(golden(folder.appendingPathComponent("\(name)/input.json")))
      #expect(try SchemaValidator.firstErrors([text]) == [nil], "\(name)")
    }
  }

  /// What the reader refuses for its form the schema refuses too; names that lead nowhere and equal ids
  /// are beyond a schema.
  @Test func whatTheReaderRefusesIsInvalid() throws {
    let beyond = [
      "there is no table", "there are two tables", "is taken", "no object has the id", "/33",
      "expected an address", "is not a list of ports", "is not among",
    ]
    let rows = NeutralPolicyTests.refusals.filter { row in
      !beyond.contains { row.message.contains($0) }
    }
    #expect(rows.count > 12)
    for (row, error) in zip(rows, try SchemaValidator.firstErrors(rows.map(\.text))) {
      #expect(error != nil, "the schema takes \(row.text)")
    }
  }
}

/// Runs Python's `jsonschema` once for many texts.
enum SchemaValidator {
  static let isPresent = (try? run("import jsonschema; jsonschema.Draft202012Validator", [])) != nil

  struct Failure: Error {}

  private static let program = """
    import json, sys, jsonschema
    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    decoder = json.JSONDecoder()
    for text in json.load(open(sys.argv[2])):
        message = ""
        while text.strip():
            text = text.lstrip()
            value, end = decoder.raw_decode(text)
            error = next(validator.iter_errors(value), None)
            if error: message = message or error.json_path + " " + error.message
            text = text[end:]
        print(json.dumps(message))
    """

  /// For each text, which may hold several values, what is wrong with it; nil where nothing is.
  static func firstErrors(_ texts: [String]) throws -> [String?] {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("sallyport-schema-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try JSONSerialization.data(withJSONObject: texts).write(to: file)
    let schema = Repository.root.appendingPathComponent("Schema/sallyport.policy-1.schema.json")
    let output = try run(program, [schema.path, file.path])
    return output.split(separator: "\n").map { $0 == "\"\"" ? nil : String($0) }
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure() }
    return String(decoding: data, as: UTF8.self)
  }
}
