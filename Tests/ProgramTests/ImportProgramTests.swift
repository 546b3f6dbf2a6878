import Foundation
import TestSupport
import Testing

/// `import` and what comes after it, through the real executable.
@Suite struct ImportProgramTests {
  private func summary(_ outcome: ProgramRunner.Outcome) -> String {
    outcome.err.split(separator: "\n").last.map(String.init) ?? ""
  }

  @Test func sameExportTwiceChangesNothing() throws {
    let session = try Session()
    let file = Samples.path("panos/minimal/input.xml")
    let first = try session.run("import", file, "--site", "paris", "--taken-at", "2026-01-31")
    #expect(first.status == 0)
    #expect(summary(first).hasPrefix("1 new stored"))
    try session.run("audit")
    let before = try session.run("sql", "SELECT * FROM compliance_history ORDER BY 1,2,3,4,5,6")
    let again = try session.run("import", file, "--site", "paris", "--taken-at", "2026-01-31")
    #expect(summary(again).hasPrefix("0 new stored, 0 with the same rules, 1 unchanged"))
    try session.run("audit")
    let after = try session.run("sql", "SELECT * FROM compliance_history ORDER BY 1,2,3,4,5,6")
    #expect(before.out == after.out)
    #expect(try session.run("verify").status == 0)
  }

  @Test func oneBadFileDoesNotStopTheOthers() throws {
    let session = try Session()
    let good = try Repository.bytes(
      Repository.samples.appendingPathComponent("panos/minimal/input.xml"))
    for site in ["a", "b", "c"] { try session.folder.write("in/\(site)/fw/2026-01-31.xml", good) }
    try session.folder.write("in/b/fw/2026-01-31.xml", Array(good.prefix(good.count - 40)))
    let outcome = try session.run("import", "in")
    #expect(outcome.status == 65)
    #expect(summary(outcome).hasPrefix("2 new stored"))
    #expect(outcome.err.contains("in/b/fw/2026-01-31.xml"))
    #expect(outcome.err.contains("nothing of this export was stored"))
    let stored = try session.run(
      "sql", "SELECT site FROM snapshots ORDER BY site", "--format", "csv")
    #expect(stored.out.split(whereSeparator: \.isNewline) == ["site", "a", "c"])
  }

  @Test func dryRunMakesNoDatabase() throws {
    let session = try Session()
    let outcome = try session.run(
      "import", Samples.path("panos/minimal/input.xml"), "--site", "a", "--dry-run")
    #expect(outcome.status == 0)
    #expect(summary(outcome).contains("would be stored"))
    #expect(!FileManager.default.fileExists(atPath: session.folder.path("sallyport.db")))
  }

  @Test func exportsComeByStandardInputAndInArchives() throws {
    let session = try Session()
    let bytes = try Repository.bytes(
      Repository.samples.appendingPathComponent("panos/minimal/input.xml"))
    let text = String(decoding: bytes, as: UTF8.self)
    let piped = try session.run("import", "-", "--site", "piped", stdin: text)
    #expect(piped.status == 0, "\(piped.err)")
    try session.folder.write("tree/site/fw/2026-01-31.xml", bytes)
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = [
      "tar", "-czf", session.folder.path("all.tar.gz"), "-C",
      session.folder.path("tree"), "site",
    ]
    try tar.run()
    tar.waitUntilExit()
    let packed = try session.run("import", "all.tar.gz")
    #expect(packed.status == 0, "\(packed.err)")
    let sites = try session.run("sql", "SELECT site FROM sites ORDER BY 1", "--format", "csv")
    #expect(sites.out.split(whereSeparator: \.isNewline) == ["site", "piped", "site"])
  }

  /// What is stored and put together again is judged and named as the export itself is.
  @Test(arguments: try Samples.all(named: "minimal"))
  func auditSaysWhatCheckSays(_ format: String, _ inputs: [String]) throws {
    let session = try Session()
    let check = try session.runner.run(
      ["check"] + inputs + ["--format", "csv"], in: session.folder.url.path)
    let stored = try session.runner.run(
      ["import"] + inputs + ["--site", "a", "--device", "fw"], in: session.folder.url.path)
    #expect(stored.status == 0, "\(stored.err)")
    let audit = try session.run("audit", "--format", "csv")
    #expect(audit.status == check.status)
    #expect(try Self.judgements(audit.out) == Self.judgements(check.out))
  }

  /// Scope, endpoint, port, verdict, reason, rule, table and line of each row.
  private static func judgements(_ csv: String) throws -> [String] {
    let session = try Session()
    try session.folder.write("rows.csv", csv)
    let script = """
      import csv, sys
      columns = ["scope", "zones", "endpoint", "port", "verdict", "reason", "rule", "table", "line"]
      for row in csv.DictReader(open("rows.csv")):
          print([row[column] for column in columns])
      """
    let python = try ProgramRunner(path: "/usr/bin/python3").run(
      ["-c", script], in: session.folder.url.path)
    #expect(python.status == 0, "\(python.err)")
    return python.out.split(separator: "\n").map(String.init).sorted()
  }

  /// Secrets are planted in every format's canary sample: none may be in the bytes of the database,
  /// in a report, or in the log.
  @Test(arguments: try Samples.all(named: "canaries"))
  func plantedSecretsAreNowhere(_ format: String, _ inputs: [String]) throws {
    let session = try Session()
    let mark = "CANARY"
    let log = ["SALLYPORT_LOG": "trace"]
    let stored = try session.runner.run(
      ["import"] + inputs + ["--site", "s"], environment: log, in: session.folder.url.path)
    #expect(stored.status == 0, "\(stored.err)")
    #expect(stored.err.contains("stored"), "the log says what was done")
    #expect(!(stored.out + stored.err).contains(mark))
    for report in ["text", "json", "csv", "markdown", "html"] {
      let outcome = try session.run("report", "--format", report, environment: log)
      #expect([0, 1, 2].contains(outcome.status), "\(outcome.err)")
      #expect(!(outcome.out + outcome.err).contains(mark), "\(report)")
    }
    let wanted = Data(mark.utf8)
    for file in try Repository.files(in: session.folder.url) {
      let bytes = try Data(contentsOf: session.folder.url.appendingPathComponent(file))
      #expect(bytes.range(of: wanted) == nil, "\(file) holds a secret")
    }
    let dump = try session.run(
      "sql", "SELECT * FROM rule_history", "--format", "json", "--limit", "100000")
    #expect(!dump.out.contains(mark), "packed policies hold a secret")
  }

  @Test func demonstrationRunsAndItsReportStandsAlone() throws {
    let session = try Session()
    let database = try session.demo()
    let html = try String(
      contentsOf: URL(fileURLWithPath: session.folder.path("demo/report.html")), encoding: .utf8)
    for word in ["<script", "src=", "@import", "url(", "<link"] { #expect(!html.contains(word)) }
    for site in ["paris", "lyon", "hub", "branch"] { #expect(html.contains(site)) }
    #expect(try session.run("verify", "--db", database).status == 0)
    for command in [
      ["site", "list"], ["snapshot", "list"], ["history", "paris"], ["waiver", "list"],
    ] {
      let outcome = try session.runner.run(command + ["--db", database])
      #expect(outcome.status == 0, "\(command): \(outcome.err)")
      for line in outcome.out.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
  }

  @Test func ownCatalogueIsImportedAndJudged() throws {
    let session = try Session()
    let database = try session.demo()
    let list = """
      {"schema": "sallyport.catalogue/1", "id": "own", "version": "2026-01-31", "title": "Own",
       "published": "2026-01-31", "source": {"title": "Own list"},
       "services": [{"id": "a", "name": {"en": "A"}}],
       "endpoints": [{"service": "a", "host": "go.microsoft.com", "ports_required": [443]}]}
      """
    let file = try session.folder.write("own.json", list)
    #expect(try session.run("catalogue", "import", file, "--db", database).status == 0)
    #expect(try session.run("catalogue", "list", "--db", database).out.contains("own@2026-01-31"))
    let audit = try session.run("audit", "--catalogue", "own", "--db", database, "lyon")
    #expect(audit.status == 0)
    #expect(audit.out.contains("1 of 1 required allowed"))
    let check = try session.run(
      "check", "--catalogue", file,
      session.folder.path(
        "demo/exports/lyon/fw-lyon/2026-09-07.xml"))
    #expect(check.out.contains("1 of 1 required allowed"))
    let changed = try session.folder.write(
      "changed.json",
      list.replacingOccurrences(
        of: "go.microsoft.com", with: "example.com"))
    #expect(try session.run("catalogue", "import", changed, "--db", database).status != 0)
  }
}
