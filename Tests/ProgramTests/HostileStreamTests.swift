import Foundation
import TestSupport
import Testing

/// Standard streams that are closed or full, and outputs that are no ordinary files.
@Suite struct HostileStreamTests {
  private let session: Session
  private let good = Samples.path("panos/minimal/input.xml")

  init() throws { session = try Session() }

  /// Runs a line of the shell, with the program as `$P` and a good export as `$G`.
  private func shell(_ line: String) throws -> (status: Int32, out: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = session.folder.url
    process.environment = [
      "P": session.runner.path, "G": good, "PATH": "/usr/bin:/bin",
      "SWIFT_BACKTRACE": "enable=no",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let out = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: out, as: UTF8.self))
  }

  @Test(arguments: [
    ("$P check nofile 2>&-", 66), ("$P check nofile 2>/dev/full", 66), ("$P check $G >&-", 0),
    ("$P check $G 2>&- >&-", 0), ("$P check $G >/dev/full", 74), ("$P check - <&-", 66),
    ("$P check $G | true; exit ${PIPESTATUS[0]}", 0), ("$P check <(cat $G) >/dev/null", 0),
    ("$P import $G --site a --db d 2>/dev/full >&-", 0), ("$P --help >/dev/full", 0),
    ("$P import $G --site a --db d 2>&1 | true; exit ${PIPESTATUS[0]}", 0),
    ("$P check $G >/dev/null -o .", 73), ("$P check $G $G >/dev/null", 0),
    ("cp $G copy.xml; $P check $G copy.xml >/dev/null", 0),
  ])
  func theStatusIsTold(_ line: String, _ status: Int32) throws {
    #expect(try shell(line).status == status, "\(line)")
  }

  @Test func anImportThatNobodyListensToIsNoted() throws {
    let line =
      "mkdir -p t/a/b; cp $G t/a/b/; $P import t --db d 2>&1 | true; $P sql --db d --format csv "
    #expect(try shell(line + "\"SELECT kind FROM events\"").out.contains("import-run"))
  }

  @Test func aClosedStreamIsNotTheDatabase() throws {
    _ = try shell("$P import $G --site a --db d <&- >&- 2>&-")
    #expect(try shell("$P verify --db d").status == 0)
  }

  @Test(arguments: [
    ("mkfifo f; (cat f > got) & $P check $G -o f; wait; test -p f && grep -q fw.example got", 0),
    ("echo x > r; chmod 640 r; $P check $G -o r; stat -c %a r | grep -qx 640 && ! grep -qx x r", 0),
    ("umask 0; $P check $G -o n; stat -c %a n | grep -qx 600", 0),
    ("ln -s target l; $P check $G -o l; test -L l && test -f target", 0),
    ("echo x > target; ln -s target l; $P check $G -o l; test -L l && ! grep -qx x target", 0),
    ("$P check $G -o /dev/stdout | grep -q fw.example", 0),
    ("$P check $G -o /dev/full", 74), ("ln -s l l; $P check $G -o l", 73),
    ("echo x > r; ln r s; $P check $G -o r; ls | grep -c sallyport-", 1),
    ("umask 0; $P import $G --site a --db d; stat -c %a d | grep -qx 600", 0),
    ("$P import $G --site a --db d; $P backup b --db d; stat -c %a b | grep -qx 600", 0),
  ])
  func outputsStayWhatTheyAre(_ line: String, _ status: Int32) throws {
    #expect(try shell(line).status == status, "\(line)")
  }

  @Test func aForeignDatabaseIsLeftAsItIs() throws {
    try session.folder.write("other.db", "")
    _ = try shell(
      "sqlite3 other.db 'CREATE TABLE x (a)' || python3 -c \"import sqlite3; "
        + "sqlite3.connect('other.db').execute('CREATE TABLE x (a)')\"; cp other.db before")
    #expect(try shell("$P import $G --site a --db other.db").status == 65)
    #expect(try shell("cmp other.db before && ! test -e other.db-wal").status == 0)
  }

  @Test func linksThatLeadNowhereStopNothing() throws {
    let outcome = try shell(
      "mkdir -p t/a/b; cp $G t/a/b/; ln -s gone t/a/b/x.xml; ln -s .. t/a/up; $P import t --db d; "
        + "$P sql --db d --format csv \"SELECT count(*) FROM snapshots\"")
    #expect(outcome.out.contains("1"))
  }

  @Test(arguments: ["lrzip", "lzop", "grzip"])
  func noProgramIsStartedToUnpack(_ name: String) throws {
    // A gzip signature in front would be enough to look into the file; these are the signatures by
    // which libarchive picks the programs.
    let heads: [String: [UInt8]] = [
      "lrzip": Array("LRZI".utf8) + [0, 6], "grzip": Array("GRZipII".utf8) + [0, 2, 4, 0x3A, 0x29],
      "lzop": [0x89, 0x4C, 0x5A, 0x4F, 0, 0x0D, 0x0A, 0x1A, 0x0A],
    ]
    let inner = (heads[name] ?? []) + Array(repeating: 0, count: 64)
    try session.folder.write("inner", inner)
    try session.folder.write("bin/\(name)", "#!/bin/sh\ntouch started\ncat $G\n")
    let line = "chmod +x bin/*; gzip inner; PATH=$PWD/bin:$PATH $P check inner.gz; test -e started"
    #expect(try shell(line).status == 1)
  }
}
