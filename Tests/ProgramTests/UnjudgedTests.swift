import Foundation
import TestSupport
import Testing

/// What was not judged is no success: named in every report, in the log and in the exit status.
@Suite struct UnjudgedTests {
  private let session: Session

  init() throws { session = try Session() }

  private func importGood(_ site: String, takenAt: String = "2026-01-01") throws {
    try session.run(
      "import", Samples.path("panos/minimal/input.xml"), "--site", site, "--taken-at", takenAt)
  }

  @Test func aSiteWithoutExportIsNamedInEveryFormat() throws {
    try importGood("paris")
    #expect(try session.run("audit").status == 0)
    try session.run("site", "add", "lyon")
    for format in ["text", "json", "csv", "markdown", "html"] {
      let outcome = try session.run("audit", "--format", format)
      #expect(outcome.status == 2, "\(format)")
      #expect(outcome.out.contains("lyon") && outcome.out.contains("no-export"), "\(format)")
    }
    let log = try session.run("sql", "SELECT detail FROM events WHERE kind = 'unjudged'")
    #expect(log.out.contains("lyon"))
  }

  @Test func aFailedImportIsNamedUntilOneSucceeds() throws {
    try importGood("paris")
    try session.folder.write("bad.xml", "<config")
    #expect(try session.run("import", "bad.xml", "--site", "paris").status == 65)
    let outcome = try session.run("audit")
    #expect(outcome.status == 2)
    #expect(outcome.out.contains("failed-import") && outcome.out.contains("bad.xml"))
    Thread.sleep(forTimeInterval: 1.1)
    try importGood("paris", takenAt: "2026-01-02")
    #expect(try session.run("audit").status == 0)
  }

  @Test func anOldExportIsNoProof() throws {
    try importGood("paris")
    let late = ["SALLYPORT_NOW": "2026-01-10T00:00:00Z"]
    #expect(try session.run("audit", "--max-age", "30", environment: late).status == 0)
    let outcome = try session.run("audit", "--max-age", "7", environment: late)
    #expect(outcome.status == 2)
    #expect(outcome.out.contains("old-export"))
  }

  @Test func theSealOfAReportIsKnownToVerify() throws {
    try importGood("paris")
    let outcome = try session.run("audit")
    let line = try #require(outcome.out.split(separator: "\n").last { $0.hasPrefix("log seal ") })
    let seal = String(line.dropFirst(9))
    #expect(try session.run("verify", "--seal", seal).status == 0)
    #expect(try session.run("verify", "--seal", String(seal.reversed())).status == 1)
  }

  @Test func ownRecipesAreNotHidden() throws {
    try importGood("paris")
    let outcome = try session.run("sql", "SELECT 'all fine'", "--save", "open-problems")
    #expect(outcome.status == 64)
    #expect(try !session.run("sql", "--name", "open-problems").out.contains("all fine"))
    #expect(try session.run("sql", "--name", "open-problem").err.contains("open-problems"))
    #expect(try session.run("report", "pariss").err.contains("did you mean `paris`"))
  }

  @Test func verifyNeverPraisesWhatItDidNotCheck() throws {
    try importGood("paris")
    let before = try session.run("verify")
    #expect(before.status == 0)
    #expect(!before.out.contains("everything holds"), "no verdict is recorded yet")
    try session.run("audit")
    #expect(try session.run("verify", "--all").out.contains("unchecked"))
  }
}
