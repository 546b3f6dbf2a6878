import Foundation
import TestSupport
import Testing

/// What the program writes as JSON is what its JSON Schemas say, judged by Python's `jsonschema`.
@Suite struct SchemaProgramTests {
  static let isAvailable: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import jsonschema; jsonschema.Draft202012Validator"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// Complaints of the validator, one a line; empty where the document is right.
  private func complaints(_ document: String, schema: String, in folder: TemporaryFolder) throws
    -> String
  {
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      for error in jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2]))):
          print(list(error.path), error.message[:200])
      """
    let path = try folder.write("document.json", document)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c", script,
      Repository.root.appendingPathComponent("Schema/sallyport.\(schema).schema.json").path, path,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }

  @Test(.enabled(if: isAvailable))
  func everyOutputIsDescribed() throws {
    let session = try Session()
    let database = try session.demo()
    let export = session.folder.path("demo/exports/paris/fw-paris/2026-09-07.xml")
    let commands: [([String], String)] = [
      (["check", export], "audit-1"), (["audit"], "audit-1"),
      (["report", "paris", "--as-of", "2026-08-15"], "audit-1"),
      (["snapshot", "diff", "paris@2026-08-31", "@2026-09-30"], "diff-1"),
      (["catalogue", "show"], "catalogue-1"), (["catalogue", "show", "2023-06-26"], "catalogue-1"),
      (["catalogue", "diff", "2023-06-26", "2026-07-02"], "catalogue-diff-1"),
      (["catalogue", "changes"], "catalogue-changes-1"),
      (["catalogue", "compare", export], "catalogue-comparison-1"),
      (["catalogue", "read", export], "reading-1"),
      (["explain", "go.microsoft.com:443", export], "explanation-1"),
      (["evidence", "explain", "0x80072F8F"], "evidence-1"),
    ]
    for (command, schema) in commands {
      let outcome = try session.runner.run(
        command + ["--format", "json"], environment: ["SALLYPORT_DB": database])
      #expect([0, 1, 2].contains(outcome.status), "\(command): \(outcome.err)")
      let found = try complaints(outcome.out, schema: schema, in: session.folder)
      #expect(found.isEmpty, "\(command): \(found)")
    }
  }

  /// A validator that finds nothing wrong with anything would prove nothing.
  @Test(.enabled(if: isAvailable))
  func validatorSeesWhatIsWrong() throws {
    let folder = try TemporaryFolder()
    let document = #"{"schema": "sallyport.audit/1", "sites": []}"#
    #expect(try complaints(document, schema: "audit-1", in: folder).contains("generated_at"))
  }

  @Test(.enabled(if: isAvailable), arguments: try Samples.all(named: "minimal"))
  func everyFormatsReportIsDescribed(_ format: String, _ inputs: [String]) throws {
    let session = try Session()
    let outcome = try session.runner.run(["check"] + inputs + ["--format", "json"])
    let found = try complaints(outcome.out, schema: "audit-1", in: session.folder)
    #expect(found.isEmpty, "\(found)")
  }
}
