import Foundation
import TestSupport
import Testing

/// The life of the list through the program: the README's own words, and lists that once were
/// taken for something else.
@Suite struct ListProgramTests {
  private static let page = """
    ---
    title: Configure and validate Microsoft Defender Antivirus network connections
    ms.date: 11/02/2026
    ---
    # Configure and validate Microsoft Defender Antivirus network connections

    The URLs in the following table use port 443 for communication.

    |Service and description|URL|
    |---|---|
    """

  /// The newest built-in list as a page, with one more service.
  private func newPage(_ session: Session) throws -> String {
    let shown = try session.run("catalogue", "show", "2026-07-02", "--format", "json").out
    let root = try JSONSerialization.jsonObject(with: Data(shown.utf8)) as? [String: Any]
    let rows = try #require(root?["endpoints"] as? [[String: Any]])
    var text = Self.page
    for row in rows {
      let note = (row["ports_required"] as? [Int]) == [443, 80] ? " (Port 80 is required)" : ""
      text += "\n|\(row["service"] ?? "")|`\(row["text"] ?? "")`\(note)|"
    }
    return text + "\n|Rollback service|`*.rollback.wd.example.com`|\n"
  }

  /// The commands of the section "When Microsoft changes the list", one after the other.
  @Test func changedListIsTakenInAsTheReadmeSays() throws {
    let session = try Session()
    let database = try session.demo()
    let readme = try String(
      contentsOf: Repository.root.appendingPathComponent("README.md"), encoding: .utf8)
    let start = try #require(readme.range(of: "\n## When Microsoft changes the list\n"))
    let end = try #require(readme[start.upperBound...].range(of: "\n## "))
    let section = readme[start.upperBound..<end.lowerBound]
    let commands = section.split(separator: "\n").filter { $0.hasPrefix("sallyport ") }.map(
      String.init)
    #expect(commands.count >= 6)
    _ = try session.folder.write("demo/page.md", try newPage(session))
    _ = try session.folder.write("demo/wiki.txt", "*.wdcp.microsoft.com go.microsoft.com\n")
    var statuses: [String: Int32] = [:]
    for command in commands {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "sallyport() { \"\(session.runner.path)\" \"$@\"; }; \(command)"]
      process.currentDirectoryURL = URL(fileURLWithPath: session.folder.path("demo"))
      process.environment = ProcessInfo.processInfo.environment.merging(
        ["SALLYPORT_DB": database]) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      let pipe = Pipe()
      process.standardError = pipe
      try process.run()
      let errors = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(
        [0, 1, 2].contains(process.terminationStatus),
        "\(command): \(String(decoding: errors, as: UTF8.self))")
      statuses[command] = process.terminationStatus
      if command.contains("--write-answers") {
        // The keeper of the list reads the proposals and signs them.
        let path = session.folder.path("demo/answers.json")
        let text = try String(contentsOfFile: path, encoding: .utf8)
          .replacing("\"by\": \"\"", with: "\"by\": \"J. Doe\"")
          .replacing("\"on\": \"\"", with: "\"on\": \"2026-11-28\"")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
    }
    #expect(statuses.contains { $0.key.contains("--write-answers") && $0.value == 2 })
    #expect(statuses.contains { $0.key.contains("import page.md --answers") && $0.value == 0 })
    let listed = try session.run("catalogue", "list", "--db", database).out
    #expect(listed.contains("defender-antivirus@2026-11-02"))
    let again = try session.run(
      "catalogue", "import", session.folder.path("demo/page.md"), "--answers",
      session.folder.path("demo/answers.json"), "--db", database)
    #expect(again.status == 0)
    #expect(again.err.contains("known already, confirmed on"), "\(again.err)")
  }

  private static func list(_ endpoint: String, _ more: String = "") -> String {
    """
    {"schema":"sallyport.catalogue/1","id":"own","version":"2026-01-01","title":"Own",
     "published":"2026-01-01","source":{"title":"Own"},
     "services":[{"id":"a","name":{"en":"A"}}],"endpoints":[\(endpoint)]\(more)}
    """
  }

  private static let denyAll = """
    {"schema":"sallyport.policy/1","device":"d",
     "zones":[{"name":"lan","networks":["10.20.0.0/16"]},{"name":"wan","leads_to_internet":true}],
     "proposals":[{"from_zone":"lan","to_zone":"wan","networks":["10.20.0.0/18"],"reason":"office"}],
     "tables":[{"name":"outbound","default":"DEFAULT","rules":[RULES]}]}
    """

  private func check(_ list: String, rules: String = "", open: Bool = false) throws
    -> ProgramRunner.Outcome
  {
    let session = try Session()
    let export = try session.folder.write(
      "export.json",
      Self.denyAll.replacing("DEFAULT", with: open ? "allow" : "deny")
        .replacing("RULES", with: rules))
    let path = try session.folder.write("list.json", list)
    return try session.run("check", export, "--catalogue", path)
  }

  /// A misspelt member once made a list of nothing, which everything passes.
  @Test(arguments: [
    #"{"service":"a","host":"x.example.com","ports_requird":[443],"ports_advised":[443]}"#,
    #"{"service":"a","host":"x.example.com","ports_required":[443],"category":"Optimize"}"#,
    #"{"service":"a","host":"192.0.2.152","ports_required":[443]}"#,
    #"{"service":"a","host":"x.example.com","ports_required":[443]},{"service":"a","host":"x.example.com","ports_required":[80]}"#,
    #"{"service":"a","host":"x.example.com","path":"/p*","ports_required":[443]}"#,
    "",
  ])
  func brokenListsAreRefused(_ endpoint: String) throws {
    let outcome = try check(Self.list(endpoint))
    #expect(outcome.status == 65)
    #expect(outcome.err.contains("list.json:/endpoints"), "\(outcome.err)")
    #expect(outcome.out.isEmpty)
  }

  /// Where nothing is required, nothing is proved.
  @Test func checkOfNothingIsNoSuccess() throws {
    let outcome = try check(
      Self.list(#"{"service":"a","host":"x.example.com","ports_advised":[443]}"#), open: true)
    #expect(outcome.status == 2, "\(outcome.out)")
  }

  /// A star at the end of a path is not a folder of that name.
  @Test func starAtTheEndOfAPathIsTheFolder() throws {
    let deny = """
      {"name":"deny lists","action":"deny","match":{"from":"lan","to":"wan",
       "destination":{"url":{"host":"www.example.com","path_folder":"/pki/crl"}},"service":"tcp/80"}}
      """
    let outcome = try check(
      Self.list(
        #"{"service":"a","host":"www.example.com","path":"/pki/*","scheme":"http","ports_required":[80]}"#
      ), rules: deny, open: true)
    #expect(outcome.status == 1, "\(outcome.out)")
    #expect(outcome.out.contains("partial"))
  }

  /// UDP, and networks, are told apart from what is judged, and are never taken for allowed.
  @Test(arguments: [
    #"{"service":"a","host":"x.example.com","protocol":"udp","ports_required":[3478]}"#,
    #"{"service":"a","address":"192.0.2.152/32","ports_required":[443]}"#,
  ])
  func whatIsNotJudgedIsUnknown(_ endpoint: String) throws {
    let outcome = try check(Self.list(endpoint), open: true)
    #expect(outcome.status == 2)
    #expect(outcome.out.contains("unknown"), "\(outcome.out)")
  }

  /// An export from before the first known edition is judged by the earliest, and says so.
  @Test func daysBeforeTheFirstEditionAreTold() throws {
    let session = try Session()
    let folder = "exports/rome/fw"
    try FileManager.default.createDirectory(
      atPath: session.folder.path(folder), withIntermediateDirectories: true)
    let export = Samples.path("demo/paris/fw-paris/2026-08-03.xml")
    try FileManager.default.copyItem(
      atPath: export, toPath: session.folder.path("\(folder)/2016-03-01.xml"))
    try session.run("import", "exports")
    let early = try session.run("report", "rome", "--as-of", "2016-04-01")
    #expect(early.out.contains("defender-antivirus@2017-08-25"), "\(early.out)\(early.err)")
    let said = early.out.replacing("\n", with: " ").replacing("  ", with: " ")
    #expect(said.contains("in force on 2016-04-01"), "\(early.out)")
    let later = try session.run("report", "rome", "--as-of", "2021-04-01")
    #expect(later.out.contains("defender-antivirus@2020-12-28"))
    #expect(!later.out.contains("the earliest"))
  }

  @Test func localRowsAreJudgedBesideThePublishers() throws {
    let session = try Session()
    let database = try session.demo()
    let own = Self.list(#"{"service":"a","host":"own.example.com","ports_required":[8443]}"#)
      .replacing("\"id\":\"own\"", with: "\"id\":\"defender-antivirus/local\"")
    let path = try session.folder.write("local.json", own)
    let imported = try session.run("catalogue", "import", path, "--db", database)
    #expect(imported.status == 0, "\(imported.err)")
    let audit = try session.run("audit", "paris", "--db", database)
    #expect(audit.out.contains("42 required"), "\(audit.out)\(audit.err)")
    #expect(audit.out.contains("own.example.com"))
  }
}
