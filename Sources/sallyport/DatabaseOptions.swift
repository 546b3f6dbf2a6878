import ArgumentParser
import Audit
import CatalogueReaders
import EndpointCatalogue
import Foundation
import Inventory
import Reports

/// Which database, and how it is opened.
struct DatabaseOptions: ParsableArguments {
  @Option(
    name: .customLong("db"),
    help: ArgumentHelp(
      "The database. Default: SALLYPORT_DB, else ./sallyport.db.", valueName: "file"))
  var database: String?

  var path: String {
    let environment = ProcessInfo.processInfo.environment["SALLYPORT_DB"]
    return database ?? (environment?.isEmpty ?? true ? nil : environment) ?? "sallyport.db"
  }

  /// Opens or makes the database, with the program's own lists in it.
  func forWriting() throws -> InventoryDatabase {
    // A limit on the size of files shows as a failed write, and not as the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    Allocator.keepsFreedMemory()
    let inventory = try InventoryDatabase(path: path, access: .write)
    try inventory.add(try BuiltInCatalogues.all(), builtIn: true, now: Clock.now)
    return inventory
  }

  /// The lists of the database where there is one, else the program's own.
  func catalogues() throws -> CatalogueLibrary {
    guard database != nil || Database.exists(path) else { return try CatalogueLibrary.builtIn() }
    return try CatalogueLibrary(of: forReading())
  }

  func forReading() throws -> InventoryDatabase {
    Allocator.keepsFreedMemory()
    return try InventoryDatabase(path: path, access: .read)
  }
}

extension CatalogueLibrary {
  /// The lists of an inventory, which holds the program's own ones too.
  init(of inventory: InventoryDatabase) throws {
    // The program's own editions know most about their sources and days.
    let builtIn = try BuiltInCatalogues.all()
    let own = Set(builtIn.map(\.reference))
    self.init(builtIn + (try inventory.catalogues()).filter { !own.contains($0.reference) })
  }
}

/// A moment that a user gives: `2026-01-31` or `2026-01-31T04:30:00Z`.
enum MomentArgument {
  static func parse(_ text: String?, endOfDay: Bool = false) throws -> String? {
    guard let text else { return nil }
    guard let moment = Moment.parse(text, endOfDay: endOfDay) else {
      throw ValidationError(
        "`\(text)` is no date; write 2026-01-31 or 2026-01-31T04:30:00Z")
    }
    return moment
  }

  /// The moment before which something ends: a day counts whole, so that its end is the midnight
  /// after it.
  static func end(_ text: String) throws -> String? {
    guard let first = try parse(text), let last = try parse(text, endOfDay: true), first != last
    else { return try parse(text) }
    return Moment.second(after: last)
  }
}

/// How lists are written.
struct TableOptions: ParsableArguments {
  @Option(help: "table, csv, json or markdown.")
  var format: DataTable.Format = .table

  @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
  var output: String?

  func write(_ table: DataTable) throws {
    try Output.write(table.write(format, width: output == nil ? Terminal.width : 120), to: output)
  }
}

extension DataTable.Format: ExpressibleByArgument {}

/// Commands that need something in the database do not make an empty one.
enum Database {
  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func missing(_ path: String) -> InventoryError {
    InventoryError(
      .notFound, "\(path): no such database",
      advice: "`sallyport import` makes one; name another with --db or SALLYPORT_DB")
  }
}
