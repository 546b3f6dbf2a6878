import Foundation
import Importers
import Inventory
import Schema
import TestSupport
import Testing

@testable import Audit

/// The views and recipes that users build upon.
struct ContractTests {
  /// The demonstration's sites, imported and audited as `sallyport demo` does it, with one waiver.
  static func demo() throws -> TestInventory {
    let test = try TestInventory()
    let folder = test.folder.path("demo")
    try DemoSamples.write(to: folder)
    let list = try SiteList(try InputFiles.read(["\(folder)/\(DemoSamples.siteList)"])[0])
    let now = "2026-09-08T00:00:00Z"
    _ = try list.apply(to: test.inventory, library: test.library, now: now)
    let plan = try ImportPlan.layout([folder])
    let importer = ImportUseCase(
      registry: importerRegistry, inventory: test.inventory, isDryRun: false)
    for entry in importer.run(plan.units, now: now) {
      if case .failed(let error) = entry.status { throw error }
    }
    try test.record(now: now)
    let broken = try test.query(
      "SELECT site, endpoint FROM compliance_current WHERE verdict = 'blocked' LIMIT 1"
    ).rows[0].map(PublicViews.text)
    _ = try test.inventory.add(
      WaiverRecord(
        site: broken[0], tag: nil, service: nil, endpoint: broken[1], port: nil, reason: "CHG-9",
        approver: "A", starts: now, ends: "2199-01-01T00:00:00Z"), now: now)
    return test
  }

  @Test("every view has its columns documented, each in its order, and an example that runs")
  func views() throws {
    let test = try Self.demo()
    let views = try test.inventory.views()
    #expect(views.map(\.name).sorted() == ViewContract.all.map(\.view).sorted())
    for contract in ViewContract.all {
      let columns = views.first { $0.name == contract.view }?.columns
      #expect(columns == contract.columns.map(\.name), "\(contract.view)")
      #expect(!contract.meaning.isEmpty)
      #expect(contract.columns.allSatisfy { $0.meaning.count > 3 }, "\(contract.view)")
      #expect(contract.columns.map(\.name).allSatisfy { $0 == $0.lowercased() })
      #expect(contract.example.contains("FROM \(contract.view)"), "\(contract.view)")
      let rows = try test.query(contract.example).rows
      // Nothing is moved or switched off in the demonstration.
      let mayBeEmpty = ["rule_moves", "rules_current", "compliance_current"]
      #expect(!rows.isEmpty || mayBeEmpty.contains(contract.view), "\(contract.view)")
    }
    #expect(try test.query("SELECT version FROM contract").rows == [[.integer(1)]])
  }

  /// Values for the parameters that recipes take.
  private static let values: [String: ReadOnlyQuery.Value] = [
    "site": .text("paris"), "at": .text("2026-09-07T12:00:00Z"),
    "since": .text("2026-08-10T00:00:00Z"), "until": .text("2199-12-31T00:00:00Z"),
    "endpoint": .text("ussus1eastprod.blob.core.windows.net"),
    "catalogue": .text("defender-antivirus"), "old": .text("2024-05-17"),
    // The only pair of built-in editions with an endpoint more is the oldest one.
    "new": .text("2023-06-26"), "words": .text("defender OR microsoft"),
  ]

  /// Recipes that the demonstration has nothing for: made rich by a generated history below.
  private static let others: Set<String> = ["moved-rules", "disabled-rules", "time-to-repair"]

  static func parameters(of recipe: Recipe) -> [String: ReadOnlyQuery.Value] {
    var values = values
    // Every device was seen before that day.
    if recipe.name == "silent-devices" { values["since"] = .text("2199-01-01T00:00:00Z") }
    let sql = recipe.sql
    return values.filter { name, _ in
      sql.range(of: ":\(name)\\b", options: .regularExpression) != nil
    }
  }

  @Test("there are at least 20 recipes, and each answers from the demonstration's data")
  func recipes() throws {
    let test = try Self.demo()
    #expect(Recipe.all.count >= 20)
    #expect(Set(Recipe.all.map(\.name)).count == Recipe.all.count)
    for recipe in Recipe.all {
      #expect(recipe.question.hasSuffix("?") || recipe.question.hasSuffix(")"), "\(recipe.name)")
      let answer = try test.query(recipe.sql, Self.parameters(of: recipe))
      if Self.others.contains(recipe.name) { continue }
      #expect(!answer.rows.isEmpty, "\(recipe.name)")
      // Not trivial: some row says something in each column, but for places that defaults lack.
      let silent = answer.columns.indices.filter { column in
        answer.rows.allSatisfy { $0[column] == .null }
      }.map { answer.columns[$0] }
      let mayBeSilent: Set<String> = [
        "to_at", "note", "tag", "service", "port", "since", "comment", "old_file", "old_line",
      ]
      #expect(Set(silent).subtracting(mayBeSilent) == [], "\(recipe.name)")
    }
  }

  @Test("recipes for moves, switched-off rules and repairs answer from a generated history")
  func otherRecipes() throws {
    var random = SeededRandom(seed: 8)
    let test = try TestInventory()
    try test.addSite()
    var firewall = GeneratedFirewall(hostname: "fw", filler: 8, random: &random)
    try test.store(firewall.xml(), takenAt: day(0))
    let index = try #require(firewall.index(of: "defender cloud"))
    firewall.rules[index].isDisabled = true
    firewall.rules.insert(firewall.rules.remove(at: 0), at: 5)
    try test.store(firewall.xml(), takenAt: day(2))
    firewall.rules[try #require(firewall.index(of: "defender cloud"))].isDisabled = false
    firewall.rules[firewall.filler[0]].isDisabled = true
    firewall.rules[firewall.filler[0]].action = "allow"
    try test.store(firewall.xml(), takenAt: day(6))
    try test.record(now: day(7))
    for recipe in Recipe.all where Self.others.contains(recipe.name) {
      let answer = try test.query(recipe.sql, Self.parameters(of: recipe))
      #expect(!answer.rows.isEmpty, "\(recipe.name)")
      if recipe.name == "time-to-repair" {
        #expect(answer.rows[0][2] == .real(4.0), "four days: \(answer.rows)")
      }
    }
  }

  @Test("search finds rules and objects by name, comment and member")
  func search() throws {
    let test = try Self.demo()
    for (words, view, found) in [
      ("CHG", "rule_search", true), ("\"data loss\"", "rule_search", true),
      ("paris", "object_search", true), ("wdcp", "object_search", true),
      ("resolv*", "object_search", true), ("defender NOT cloud", "rule_search", true),
      ("zzznothing", "rule_search", false),
    ] {
      let rows = try test.query(
        "SELECT * FROM \(view) WHERE words MATCH :words", ["words": .text(words)]
      ).rows
      #expect(rows.isEmpty == !found, "\(words) in \(view)")
    }
    #expect(throws: InventoryError.self, "a mistake in the search is told") {
      try test.query("SELECT * FROM rule_search WHERE words MATCH 'a AND'")
    }
  }

  @Test("the file opens cleanly in sqlite3: integrity, foreign keys, every view")
  func sqliteShell() throws {
    let test = try Self.demo()
    let path = test.folder.path("copy.db")
    try test.inventory.backUp(to: path)
    let shell = ProgramRunner(path: "/usr/bin/sqlite3")
    guard FileManager.default.isExecutableFile(atPath: shell.path) else {
      print("sqlite3 is not installed: not tried")
      return
    }
    func ask(_ sql: String) throws -> String {
      let outcome = try shell.run(["-batch", path, sql])
      #expect(outcome.status == 0 && outcome.err.isEmpty, "\(sql): \(outcome.err)")
      return outcome.out
    }
    #expect(try ask("PRAGMA integrity_check; PRAGMA foreign_key_check;") == "ok\n")
    #expect(try ask(".schema").contains("CREATE VIEW compliance_current"))
    for view in try test.inventory.views() {
      _ = try ask("SELECT * FROM \(view.name) LIMIT 3;")
      let rows = try ask("SELECT count(*) FROM \(view.name);")
      #expect(Int(rows.trimmingCharacters(in: .whitespacesAndNewlines)) != nil, "\(view.name)")
    }
    // Browsers list tables with their foreign keys.
    #expect(try ask("PRAGMA foreign_key_list(verdict_span);").contains("subject"))
  }

  @Test("the migrations embedded in the program are the files of the folder, in their order")
  func migrations() throws {
    let folder = Repository.root.appendingPathComponent("Schema")
    let files = try Repository.files(in: folder).filter {
      $0.hasPrefix("v") && $0.hasSuffix(".sql")
    }
    #expect(Schema.migrations.map { $0.name + ".sql" } == files)
    for (name, sql) in Schema.migrations {
      let file = folder.appendingPathComponent(name + ".sql")
      #expect(sql == String(decoding: try Repository.bytes(file), as: UTF8.self))
    }
  }
}
