import Foundation
import TestSupport
import Testing

/// A watched folder in which somebody put everything but exports.
@Suite struct WatchTests {
  private let session: Session
  private let good: [UInt8]

  init() throws {
    session = try Session()
    good = try Repository.bytes(URL(fileURLWithPath: Samples.path("panos/minimal/input.xml")))
  }

  private func watch() throws -> ProgramRunner.Outcome {
    try session.run("import", "--watch", "spool", "--once", "--settle", "0")
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: session.folder.path(path))
  }

  /// A journal as a run leaves it that was ended in the middle: a file that was begun twice.
  @Test func whatWasCutOffTwiceIsGivenUpAndTheOthersAreStored() throws {
    try session.folder.write("spool/paris/fw/2026-01-01.xml", good)
    try session.folder.write("spool/lyon/fw/2026-01-01.xml", good)
    let line = "B\tspool/paris/fw/2026-01-01.xml\n"
    try session.folder.write("spool/.sallyport-reading", line + line)
    #expect(try watch().status == 65)
    #expect(exists("spool/failed/paris/fw/2026-01-01.xml"))
    #expect(exists("spool/failed/paris/fw/2026-01-01.xml.error.txt"))
    #expect(exists("spool/done/lyon/fw/2026-01-01.xml"))
    #expect(!exists("spool/.sallyport-reading"), "nothing is open any more")
  }

  @Test func whatWasCutOffOnceIsTriedAgain() throws {
    try session.folder.write("spool/paris/fw/2026-01-01.xml", good)
    try session.folder.write(
      "spool/.sallyport-reading", "B\tspool/paris/fw/2026-01-01.xml\n")
    #expect(try watch().status == 0)
    #expect(exists("spool/done/paris/fw/2026-01-01.xml"))
  }

  @Test func straysAndLinksAreToldEveryRoundAndStopNothing() throws {
    try session.folder.write("spool/stray.xml", good)
    try session.folder.write("spool/paris/fw/2026-01-01.xml", good)
    try FileManager.default.createSymbolicLink(
      atPath: session.folder.path("spool/paris/fw/gone.xml"), withDestinationPath: "nowhere")
    for _ in 0..<2 {
      let outcome = try watch()
      #expect(outcome.status == 0, "\(outcome.err)")
      #expect(outcome.err.contains("stray.xml") && outcome.err.contains("gone.xml"))
    }
    #expect(exists("spool/done/paris/fw/2026-01-01.xml"))
  }

  @Test func timesToComeKeepNothingWaiting() throws {
    let path = try session.folder.write("spool/paris/fw/export.xml", good)
    let later = Date().addingTimeInterval(86_400 * 400)
    try FileManager.default.setAttributes([.modificationDate: later], ofItemAtPath: path)
    #expect(try watch().status == 0)
    #expect(exists("spool/done/paris/fw/export.xml"))
    let taken = try session.run("sql", "SELECT taken_at FROM snapshots", "--format", "csv")
    #expect(taken.out < "taken_at\r\n2100")
  }
}
