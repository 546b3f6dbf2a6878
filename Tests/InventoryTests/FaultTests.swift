import Foundation
import Inventory
import TestSupport
import Testing

@testable import Audit

/// What the executable leaves behind when the disk fails or the process dies.
@Suite(.serialized)
struct FaultTests {
  /// The library that makes writes fail, built once; nil where there is no compiler.
  private static let faults: String? = {
    let source = Repository.root.appendingPathComponent("Tests/Faults/failing_writes.c").path
    let target = FileManager.default.temporaryDirectory
      .appendingPathComponent("sallyport-faults-\(ProcessInfo.processInfo.processIdentifier).so")
    let compiler = ProgramRunner(path: "/usr/bin/cc")
    let outcome = try? compiler.run(
      ["-shared", "-fPIC", "-o", target.path, source, "-ldl"], timeout: 60)
    return outcome?.status == 0 ? target.path : nil
  }()

  static var canInject: Bool { ProgramRunner.standard != nil && faults != nil }

  /// A database with one state, and the next export to import.
  private struct Setup {
    let test: TestInventory
    let base: String
    let export: String
    let old: [String: [String]]
    let new: [String: [String]]
  }

  private static let now = "2026-03-01T00:00:00Z"

  private func setup() throws -> Setup {
    var random = SeededRandom(seed: 7)
    let test = try TestInventory()
    try test.addSite()
    var firewall = GeneratedFirewall(hostname: "fw", filler: 4, random: &random)
    try test.store(firewall.xml(), takenAt: day(0))
    try test.record(now: day(1))
    let base = test.folder.path("base.db")
    try test.inventory.backUp(to: base)
    let old = try PublicViews.dump(test)
    for _ in 0..<6 { firewall.editHarmlessly(&random) }
    firewall.rules[firewall.index(of: "defender cloud") ?? 0].isDisabled = true
    let export = try test.folder.write("export.xml", firewall.xml())
    let whole = test.folder.path("whole.db")
    try FileManager.default.copyItem(atPath: base, toPath: whole)
    let program = try #require(ProgramRunner.standard)
    let outcome = try program.run(
      Self.arguments(export, whole), environment: ["SALLYPORT_NOW": Self.now])
    #expect(outcome.status == 0, "\(outcome.err)")
    let new = try PublicViews.dump(whole, views: try test.inventory.views())
    #expect(old != new)
    return Setup(test: test, base: base, export: export, old: old, new: new)
  }

  private static func arguments(_ export: String, _ database: String) -> [String] {
    [
      "import", export, "--site", "paris", "--device", "fw", "--taken-at", day(5), "--db", database,
    ]
  }

  private func remove(_ path: String) {
    for end in ["", "-wal", "-shm", "-journal"] {
      try? FileManager.default.removeItem(atPath: path + end)
    }
  }

  /// What is wrong with a database after a fault, in words.
  private func damage(_ path: String, _ setup: Setup) throws -> [String] {
    let problems = try TamperingTests.problems(path, setup.test)
    guard problems.isEmpty else { return problems }
    let found = try PublicViews.dump(path, views: try setup.test.inventory.views())
    return found == setup.old || found == setup.new ? [] : ["neither the old nor the new state"]
  }

  @Test(
    "the n-th write of an import goes wrong, for each n until it succeeds: the old state is whole",
    .enabled(if: canInject, "needs the executable and a C compiler"),
    arguments: ["kill", "full", "error", "torn"])
  func nthWrite(mode: String) throws {
    let setup = try setup()
    let program = try #require(ProgramRunner.standard)
    let target = setup.test.folder.path("fault.db")
    let mark = setup.test.folder.path("it-happened")
    // Every write is cut short in turn; the other modes take every third unless more is asked for.
    let step = mode == "kill" || rounds(1) > 1 ? 1 : 3
    var number = 1
    var failures = 0
    var committed = 0
    var survived = 0
    while true {
      remove(target)
      remove(mark)
      try FileManager.default.copyItem(atPath: setup.base, toPath: target)
      let outcome = try program.run(
        Self.arguments(setup.export, target),
        environment: [
          "SALLYPORT_NOW": Self.now, "LD_PRELOAD": try #require(Self.faults),
          "FAULT_FILES": "fault.db", "FAULT_AT": "\(number)", "FAULT_MODE": mode,
          "FAULT_MARK": mark,
        ])
      let found = try damage(target, setup)
      #expect(found == [], "\(mode) at write \(number): \(found.prefix(3)), \(outcome.err)")
      guard FileManager.default.fileExists(atPath: mark) else {
        // No write was left to go wrong.
        #expect(outcome.status == 0, "\(outcome.err)")
        break
      }
      if outcome.status != 0 {
        failures += 1
        if mode == "full" || mode == "error" {
          #expect([73, 74].contains(outcome.status), "\(number): \(outcome.status) \(outcome.err)")
          #expect(outcome.err.contains("nothing of this"), "\(number): \(outcome.err)")
        } else {
          #expect(outcome.status == 128 + SIGKILL, "\(number): \(outcome.err)")
        }
        if try PublicViews.dump(target, views: setup.test.inventory.views()) == setup.new {
          committed += 1
        }
      } else {
        // Once all is in the log, failing to fold the log into the file does no harm.
        survived += 1
        #expect(
          try PublicViews.dump(target, views: setup.test.inventory.views()) == setup.new,
          "\(mode) at \(number): it says that it succeeded")
      }
      // What is left can be worked with: the same import then succeeds.
      if number % 25 == 1 {
        let again = try program.run(
          Self.arguments(setup.export, target), environment: ["SALLYPORT_NOW": Self.now])
        #expect(again.status == 0, "\(mode) at \(number): \(again.err)")
        #expect(
          try PublicViews.dump(target, views: setup.test.inventory.views()) == setup.new,
          "\(mode) at \(number)")
      }
      number += step
      guard number < 2000 else { break }
    }
    print(
      "faults: \(mode): writes 1 to \(number - step) in steps of \(step): \(failures) imports failed "
        + "(\(committed) when all was stored), \(survived) succeeded nevertheless")
    #expect(failures > 10)
  }

  @Test(
    "kill -9 at any moment of a fleet import leaves whole exports only, and it can go on",
    .enabled(if: ProgramRunner.standard != nil, "needs the executable"))
  func killed() throws {
    var random = SeededRandom()
    print("killed imports: seed \(random.seed)")
    let program = try #require(ProgramRunner.standard)
    let folder = try TemporaryFolder()
    var firewall = GeneratedFirewall(hostname: "fw", filler: 20, random: &random)
    for number in 0..<25 {
      firewall.editHarmlessly(&random)
      try folder.write("exports/paris/fw/\(day(number).prefix(10)).xml", firewall.xml())
    }
    let environment = ["SALLYPORT_NOW": Self.now]
    func arguments(_ database: String) -> [String] {
      ["import", folder.path("exports"), "--db", folder.path(database)]
    }
    let start = Date()
    #expect(try program.run(arguments("whole.db"), environment: environment).status == 0)
    let duration = Date().timeIntervalSince(start)
    let test = try TestInventory()
    let expected = try PublicViews.dump(folder.path("whole.db"), views: test.inventory.views())
    var stopped: [Int] = []
    for _ in 0..<rounds(8) {
      remove(folder.path("killed.db"))
      let running = try program.start(arguments("killed.db"), environment: environment)
      Thread.sleep(forTimeInterval: duration * Double(random.below(1000)) / 1000)
      running.kill()
      _ = running.finish()
      if FileManager.default.fileExists(atPath: folder.path("killed.db")) {
        let verified = try program.run(["verify", "--db", folder.path("killed.db")])
        // Killed before the first table: then it is no inventory yet.
        let isEmpty = verified.status == 65 && verified.err.contains("not an inventory")
        #expect(verified.status == 0 || isEmpty, "\(verified.err)")
        if !isEmpty {
          let count = try ReadOnlyQuery(path: folder.path("killed.db"))
            .run("SELECT count(*) FROM snapshots").rows[0][0]
          if case .integer(let number) = count { stopped.append(Int(number)) }
        }
      }
      let again = try program.run(arguments("killed.db"), environment: environment)
      #expect(again.status == 0, "\(again.err)")
      let found = try PublicViews.dump(folder.path("killed.db"), views: test.inventory.views())
      #expect(PublicViews.differences(expected, found) == [], "seed \(random.seed)")
    }
    print("killed imports: stopped after \(stopped.sorted()) of 25 exports")
  }

  // MARK: Space and permission

  /// A small file system of its own; nil where that is not allowed.
  private static func volume(_ folder: TemporaryFolder, kilobytes: Int) throws -> String? {
    guard geteuid() == 0 else { return nil }
    let path = folder.path("volume")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let mount = ProgramRunner(path: "/bin/mount")
    let outcome = try? mount.run(["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
    return outcome?.status == 0 ? path : nil
  }

  private static func unmount(_ path: String) {
    _ = try? ProgramRunner(path: "/bin/umount").run(["-l", path])
  }

  static let canMount: Bool = {
    guard ProgramRunner.standard != nil, let folder = try? TemporaryFolder(),
      let path = try? volume(folder, kilobytes: 64)
    else { return false }
    unmount(path)
    return true
  }()

  private func exports(_ count: Int, in folder: TemporaryFolder) throws {
    var random = SeededRandom(seed: 9)
    for number in 0..<count {
      let firewall = GeneratedFirewall(hostname: "fw-\(number)", filler: 150, random: &random)
      try folder.write("exports/site-\(number)/fw/2026-01-01.xml", firewall.xml())
    }
  }

  @Test("a full disk: a clear message, whole exports only", .enabled(if: canMount, "needs root"))
  func fullDisk() throws {
    let program = try #require(ProgramRunner.standard)
    let folder = try TemporaryFolder()
    let volume = try #require(try Self.volume(folder, kilobytes: 2500))
    defer { Self.unmount(volume) }
    try exports(30, in: folder)
    let database = "\(volume)/inventory.db"
    let outcome = try program.run(["import", folder.path("exports"), "--db", database])
    #expect(outcome.status == 74, "\(outcome.status)")
    #expect(outcome.err.contains("no space left; nothing of this"), "\(outcome.err.suffix(400))")
    let verified = try program.run(["verify", "--db", database])
    #expect(verified.status == 0, "\(verified.err)")
    let stored = try ReadOnlyQuery(path: database).run("SELECT count(*) FROM snapshots").rows
    #expect(stored != [[.integer(30)]])
    print(
      "full disk: \(stored[0].map(PublicViews.text)) of 30 exports were stored before it was full")
    // Room is made, and the import goes on.
    _ = try ProgramRunner(path: "/bin/mount").run(["-o", "remount,size=64m", volume])
    #expect(try program.run(["import", folder.path("exports"), "--db", database]).status == 0)
    #expect(try program.run(["verify", "--db", database]).status == 0)
  }

  @Test(
    "a limit on the size of files is a clear message, too",
    .enabled(if: ProgramRunner.standard != nil, "needs the executable"))
  func fileSizeLimit() throws {
    let program = try #require(ProgramRunner.standard)
    let folder = try TemporaryFolder()
    try exports(30, in: folder)
    let database = folder.path("inventory.db")
    let outcome = try program.run(
      ["import", folder.path("exports"), "--db", database], prelude: "ulimit -f 3000")
    #expect(outcome.status == 74, "\(outcome.status)")
    #expect(outcome.err.contains("nothing of this"), "\(outcome.err.suffix(400))")
    #expect(try program.run(["verify", "--db", database]).status == 0)
  }

  @Test(
    "a read-only medium: reading works, writing says why not", .enabled(if: canMount, "needs root"))
  func readOnlyMedium() throws {
    let program = try #require(ProgramRunner.standard)
    let setup = try setup()
    let folder = try TemporaryFolder()
    let volume = try #require(try Self.volume(folder, kilobytes: 20000))
    defer { Self.unmount(volume) }
    let database = "\(volume)/inventory.db"
    // As the program itself leaves it: in the mode with a log, the log folded in.
    try FileManager.default.copyItem(atPath: setup.base, toPath: database)
    #expect(try program.run(Self.arguments(setup.export, database)).status == 0)
    #expect(try program.run(["audit", "--db", database]).status == 1)
    // And one whose last words are still in the log.
    let unfinished = "\(volume)/unfinished.db"
    for end in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: setup.test.path + end, toPath: unfinished + end)
    }
    let remount = try ProgramRunner(path: "/bin/mount").run(["-o", "remount,ro", volume])
    try #require(remount.status == 0)
    for (arguments, status) in [
      (["sql", "SELECT count(*) FROM sites"], 0), (["report"], 1), (["history", "--broke"], 0),
      (["verify"], 0), (["site", "list"], 0), (["snapshot", "list"], 0),
      (["audit"], 73), (Self.arguments(setup.export, database).dropLast(2) + [], 73),
      (["waiver", "list"], 0), (["site", "set", "paris", "--note", "x"], 73),
    ] as [([String], Int32)] {
      let outcome = try program.run(arguments + ["--db", database])
      #expect(outcome.status == status, "\(arguments): \(outcome.status) \(outcome.err)")
      if status == 73 {
        #expect(outcome.err.contains("cannot be"), "\(arguments): \(outcome.err)")
      }
    }
    let stale = try program.run(["sql", "SELECT count(*) FROM sites", "--db", unfinished])
    #expect(stale.status == 73, "\(stale.status)")
    #expect(stale.err.contains("unfinished.db-wal"), "\(stale.err)")
  }
}
