import Foundation
import GRDB
import Inventory
import TestSupport
import Testing

@testable import Audit

/// Several programs at once on one database.
@Suite(.serialized, .enabled(if: ProgramRunner.standard != nil, "needs the executable"))
struct ManyProcessesTests {
  private func exports(_ count: Int, sites: Int, in folder: TemporaryFolder) throws {
    var random = SeededRandom(seed: 10)
    for site in 0..<sites {
      var firewall = GeneratedFirewall(hostname: "fw-\(site)", filler: 30, random: &random)
      for number in 0..<count {
        for _ in 0..<3 { firewall.editHarmlessly(&random) }
        if number % 5 == 4 {
          firewall.rules[firewall.index(of: "defender cloud") ?? 0].isDisabled.toggle()
        }
        try folder.write(
          "exports/site-\(site)/fw/\(day(number).prefix(10)).xml", firewall.xml())
      }
    }
  }

  @Test("one importer, several readers, audits and backups at once")
  func together() throws {
    let program = try #require(ProgramRunner.standard)
    let folder = try TemporaryFolder()
    try exports(12, sites: 4, in: folder)
    let database = folder.path("inventory.db")
    #expect(try program.run(["site", "add", "other", "--db", database]).status == 0)
    let importer = try program.start(["import", folder.path("exports"), "--db", database])
    var asked = 0
    var backups: [String] = []
    while importer.isRunning {
      let running = try [
        ["sql", "--name", "site-summary"], ["history", "--broke"], ["audit", "--format", "json"],
        ["sql", "SELECT count(*), max(taken_at) FROM snapshots"],
        ["backup", folder.path("backup-\(asked).db")],
      ].map { ($0, try program.start($0 + ["--db", database])) }
      backups.append(folder.path("backup-\(asked).db"))
      for (arguments, process) in running {
        let outcome = process.finish()
        #expect(
          [0, 1, 2].contains(outcome.status), "\(arguments): \(outcome.status) \(outcome.err)")
        asked += 1
      }
    }
    let outcome = importer.finish()
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(asked > 0)
    #expect([0, 1].contains(try program.run(["audit", "--db", database]).status))
    for path in [database] + backups {
      let verified = try program.run(["verify", "--db", path])
      #expect(verified.status == 0, "\(path): \(verified.err)")
    }
    print("together: \(asked) commands and \(backups.count) backups during one import")
  }

  @Test("two importers of the same folder end with the same database as one")
  func twoImporters() throws {
    let program = try #require(ProgramRunner.standard)
    let folder = try TemporaryFolder()
    try exports(6, sites: 3, in: folder)
    func arguments(_ name: String) -> [String] {
      ["import", folder.path("exports"), "--db", folder.path(name)]
    }
    let pair = try [program.start(arguments("two.db")), program.start(arguments("two.db"))]
    for process in pair {
      let outcome = process.finish()
      #expect(outcome.status == 0, "\(outcome.err)")
    }
    #expect(try program.run(arguments("one.db")).status == 0)
    // Auditing in other processes, whose sets and dictionaries have other orders, changes nothing.
    for name in ["one.db", "two.db"] {
      #expect([0, 1].contains(try program.run(["audit", "--db", folder.path(name)]).status))
    }
    let views = try TestInventory().inventory.views()
    let differences = PublicViews.differences(
      try PublicViews.dump(folder.path("one.db"), views: views),
      try PublicViews.dump(folder.path("two.db"), views: views))
    #expect(differences == [])
  }

  @Test("a database that another one writes to for long is busy, and that is said")
  func busy() throws {
    let program = try #require(ProgramRunner.standard)
    let folder = try TemporaryFolder()
    try exports(1, sites: 1, in: folder)
    let database = folder.path("inventory.db")
    #expect(try program.run(["import", folder.path("exports"), "--db", database]).status == 0)
    let other = try DatabaseQueue(path: database)
    try other.writeWithoutTransaction { connection in
      try connection.execute(sql: "BEGIN IMMEDIATE")
      let outcome = try program.run(["audit", "--db", database])
      #expect(outcome.status == 75, "\(outcome.status)")
      #expect(outcome.err.contains("another process is writing"), "\(outcome.err)")
      // Readers do not wait.
      #expect(try program.run(["sql", "SELECT 1 FROM sites", "--db", database]).status == 0)
      #expect(try program.run(["report", "--db", database]).status != 75)
      try connection.execute(sql: "ROLLBACK")
    }
    #expect([0, 1].contains(try program.run(["audit", "--db", database]).status))
  }
}
