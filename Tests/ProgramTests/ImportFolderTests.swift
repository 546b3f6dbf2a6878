import Foundation
import TestSupport
import Testing

/// Folders, archives, lists and watched folders, through the real executable.
@Suite struct ImportFolderTests {
  private static func sample(_ name: String) throws -> [UInt8] {
    try Repository.bytes(Repository.samples.appendingPathComponent(name))
  }

  private static let export = "panos/minimal/input.xml"

  /// Packs a folder below the session's own with the system's tools.
  private func pack(
    _ session: Session, _ archive: String, _ folder: String, _ content: String = "."
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = URL(fileURLWithPath: session.folder.path(folder))
    let target = session.folder.path(archive)
    process.arguments =
      archive.hasSuffix(".zip")
      ? [
        "python3", "-c",
        "import shutil,sys; shutil.make_archive(sys.argv[1][:-4], 'zip', '.', sys.argv[2])",
        target, content,
      ] : ["tar", "-czf", target, content]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func rows(_ session: Session, _ sql: String) throws -> [String] {
    let outcome = try session.run("sql", sql, "--format", "csv")
    return outcome.out.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
  }

  // MARK: Watching

  @Test func watchedFolderIsEmptiedAndNothingIsTakenTwice() throws {
    let session = try Session()
    try session.folder.write("in/paris/fw/2026-01-31.xml", try Self.sample(Self.export))
    try session.folder.write("in/lyon/fw/2026-01-31.xml", "not an export")
    try session.folder.write("tree/nice/fw/2026-01-31.xml", try Self.sample(Self.export))
    try pack(session, "in/good.tar.gz", "tree")
    let half = try Repository.bytes(URL(fileURLWithPath: session.folder.path("in/good.tar.gz")))
    try session.folder.write("in/half.tar.gz", Array(half.prefix(half.count / 2)))

    let first = try session.run("import", "--watch", "in", "--once", "--settle", "0")
    #expect(first.status == 65)
    #expect(try rows(session, "SELECT site FROM snapshots ORDER BY 1") == ["nice", "paris"])
    for path in [
      "done/paris/fw/2026-01-31.xml", "done/good.tar.gz", "failed/lyon/fw/2026-01-31.xml",
      "failed/half.tar.gz",
    ] {
      #expect(FileManager.default.fileExists(atPath: session.folder.path("in/\(path)")), "\(path)")
    }
    for path in ["lyon/fw/2026-01-31.xml", "half.tar.gz"] {
      let reason = try Repository.bytes(
        URL(fileURLWithPath: session.folder.path("in/failed/\(path).error.txt")))
      #expect(String(decoding: reason, as: UTF8.self).contains(path))
    }
    let second = try session.run("import", "--watch", "in", "--once", "--settle", "0")
    #expect(second.status == 0 && second.err.isEmpty, "\(second.err)")
    #expect(try session.run("verify").status == 0)
  }

  @Test func filesThatStillChangeAreLeftAlone() throws {
    let session = try Session()
    try session.folder.write("in/paris/fw/2026-01-31.xml", try Self.sample(Self.export))
    try session.folder.write("in/lyon/fw/2026-01-31.xml", try Self.sample(Self.export))
    let old = Date().addingTimeInterval(-3600)
    try FileManager.default.setAttributes(
      [.modificationDate: old], ofItemAtPath: session.folder.path("in/lyon/fw/2026-01-31.xml"))
    let outcome = try session.run("import", "--watch", "in", "--once", "--settle", "600")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(try rows(session, "SELECT site FROM snapshots ORDER BY 1") == ["lyon"])
    #expect(
      FileManager.default.fileExists(atPath: session.folder.path("in/paris/fw/2026-01-31.xml")))
  }

  /// An archive of several exports moves once, and to `done/` only if all of them were stored.
  @Test func archiveWithOneBadExportIsNotDone() throws {
    let session = try Session()
    try session.folder.write("tree/nice/fw/2026-01-31.xml", try Self.sample(Self.export))
    try session.folder.write("tree/zagreb/fw/2026-01-31.xml", "not an export")
    try FileManager.default.createDirectory(
      atPath: session.folder.path("in"), withIntermediateDirectories: true)
    try pack(session, "in/both.zip", "tree")
    let outcome = try session.run("import", "--watch", "in", "--once", "--settle", "0")
    #expect(outcome.status == 65)
    #expect(try rows(session, "SELECT site FROM snapshots") == ["nice"])
    #expect(FileManager.default.fileExists(atPath: session.folder.path("in/failed/both.zip")))
    let reason = try Repository.bytes(
      URL(fileURLWithPath: session.folder.path("in/failed/both.zip.error.txt")))
    #expect(String(decoding: reason, as: UTF8.self).contains("zagreb"))
  }

  @Test func brokenArchiveDoesNotStopTheOthers() throws {
    let session = try Session()
    try session.folder.write("in/paris/fw/2026-01-31.xml", try Self.sample(Self.export))
    try session.folder.write("in/half.tar.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1])
    let outcome = try session.run("import", "in")
    #expect(outcome.status == 65)
    #expect(outcome.err.contains("in/half.tar.gz"))
    #expect(try rows(session, "SELECT site FROM snapshots") == ["paris"])
  }

  // MARK: Lists

  @Test(arguments: ["csv", "json"])
  func manifestPlacesExportsAndDescribesSites(_ form: String) throws {
    let session = try Session()
    try session.folder.write("lists/exports/a.xml", try Self.sample(Self.export))
    try session.folder.write("lists/exports/b.xml", try Self.sample("pfsense/minimal/input.xml"))
    let text =
      form == "csv"
      ? """
      path,site,device,taken_at,region,tags,client,from_zone,to_zone,networks
      exports/a.xml,paris,edge,2026-01-31T04:00:00Z,emea,"branch wave-1",office,trust,untrust,10.20.0.0/16
      exports/b.xml,lyon,,2026-02-01,,,,,,
      """
      : """
      [{"path": "exports/a.xml", "site": "paris", "device": "edge",
        "taken_at": "2026-01-31T04:00:00Z", "region": "emea", "tags": ["branch", "wave-1"],
        "client": "office", "from_zone": "trust", "to_zone": "untrust",
        "networks": ["10.20.0.0/16"]},
       {"path": "exports/b.xml", "site": "lyon", "taken_at": "2026-02-01"}]
      """
    try session.folder.write("lists/all.\(form)", text)
    let outcome = try session.run("import", "--manifest", "lists/all.\(form)")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(
      try rows(session, "SELECT site, taken_at, format FROM snapshots ORDER BY 1")
        == ["lyon,2026-02-01T00:00:00Z,pfsense", "paris,2026-01-31T04:00:00Z,panos"])
    #expect(
      try rows(session, "SELECT region, tags FROM sites WHERE site = 'paris'")
        == ["emea,branch wave-1"])
    #expect(
      try rows(session, "SELECT device FROM devices WHERE site = 'paris'") == ["edge"])
    let site = try session.run("site", "show", "paris")
    #expect(site.out.contains("office, from zone trust, to zone untrust, 10.20.0.0/16"))
  }

  @Test(arguments: [
    ("path,site,colour\na.xml,paris,red\n", "all.csv:1", "`colour`"),
    ("path,site\na.xml,\n", "all.csv:2", "`site`"),
    ("path,site,taken_at\na.xml,paris,yesterday\n", "all.csv:2", "yesterday"),
    (#"[{"path": "a.xml"}]"#, "all.csv:1", "`site`"),
    (#"[{"path": "a.xml", "site": "paris""#, "all.csv", "ends inside"),
  ])
  func manifestMistakesAreNamedWithTheirPlace(
    _ text: String, _ place: String, _ word: String
  ) throws {
    let session = try Session()
    try session.folder.write("all.csv", text)
    let outcome = try session.run("import", "--manifest", "all.csv")
    #expect(outcome.status == 65, "\(outcome.err)")
    #expect(outcome.err.contains(place) && outcome.err.contains(word), "\(outcome.err)")
    #expect(!FileManager.default.fileExists(atPath: session.folder.path("sallyport.db")))
  }

  // MARK: Several files of one device

  /// The files of one export give the same policy as a list, a folder, a tar and a zip.
  @Test(arguments: [
    ("firewalld", "firewalld/minimal/input"), ("checkpoint", "checkpoint/https-inspection"),
    ("cisco-fmc", "cisco-fmc/minimal"),
  ])
  func filesOfOneDeviceAreOneImport(_ format: String, _ sample: String) throws {
    let session = try Session()
    let root = Repository.samples.appendingPathComponent(sample)
    let names =
      FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    for name in names.sorted() where !name.hasPrefix("NOTE") && !name.hasPrefix("expected") {
      var isFolder: ObjCBool = false
      let path = root.appendingPathComponent(name)
      FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder)
      if !isFolder.boolValue {
        try session.folder.write("export/\(name)", try Repository.bytes(path))
      }
    }
    try pack(session, "export.tar.gz", "export")
    try pack(session, "export.zip", "export")
    for (site, path) in [("folder", "export"), ("tar", "export.tar.gz"), ("zip", "export.zip")] {
      let outcome = try session.run(
        "import", path, "--site", site, "--device", "fw", "--taken-at", "2026-01-31")
      #expect(outcome.status == 0, "\(site): \(outcome.err)")
    }
    #expect(
      try rows(session, "SELECT site, format FROM snapshots ORDER BY 1")
        == ["folder,\(format)", "tar,\(format)", "zip,\(format)"])
    #expect(try rows(session, "SELECT count(DISTINCT sha256) FROM snapshots") == ["1"])
  }

  /// The rules that a Panorama pushed lie beside the local ones: reading these alone would be wrong.
  @Test func deviceStateIsNamedAndNotReadInPart() throws {
    let session = try Session()
    try session.folder.write("state/running-config.xml", try Self.sample(Self.export))
    try session.folder.write("state/device-group.xml", "<config/>")
    try pack(session, "state.tgz", "state")
    let outcome = try session.run("check", "state.tgz")
    #expect(outcome.status == 65)
    #expect(outcome.err.contains("device-state archive") && outcome.err.contains("merged"))
  }
}
