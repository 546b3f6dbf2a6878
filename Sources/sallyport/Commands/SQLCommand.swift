import ArgumentParser
import Audit
import Foundation
import Inventory
import Reports
import Schema

struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Ask the database with SQL; it only reads.",
    discussion: """
      Give a statement, --name for a saved query or one of the program's own (--list), or - to read \
      the statement from standard input. --views shows what can be asked.

      Examples:
        sallyport sql 'SELECT site, count(*) FROM compliance_current GROUP BY site'
        sallyport sql --name broken-since
        sallyport sql 'SELECT * FROM rules_current WHERE site = :s' --param s=paris --format csv
      """)

  @Argument(help: ArgumentHelp("One SQL statement, or -.", valueName: "statement"))
  var statement: String?

  @Option(help: "Run a query by its name.")
  var name: String?

  @Flag(help: "List the queries that have names.")
  var list = false

  @Flag(help: "List the views and their columns.")
  var views = false

  @Option(
    help: ArgumentHelp("Value of a parameter; may be given several times.", valueName: "name=value")
  )
  var param: [String] = []

  @Option(help: ArgumentHelp("Keep the statement under this name.", valueName: "name"))
  var save: String?

  @Option(help: "With --save: what it answers.")
  var description = ""

  @Option(help: ArgumentHelp("Forget a saved query.", valueName: "name"))
  var remove: String?

  @Option(help: ArgumentHelp("Break off after this time.", valueName: "seconds"))
  var timeout = ReadOnlyQuery.defaultSeconds

  @Option(help: ArgumentHelp("Rows at most.", valueName: "number"))
  var limit: Int?

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var table: TableOptions

  func run() throws {
    try Failure.run {
      if list { return try writeList() }
      if views { return try writeViews() }
      if let remove { return try database.forWriting().removeQuery(remove, now: Clock.now) }
      if let save, Recipe.all.contains(where: { $0.name == save }) {
        throw ValidationError(
          "`\(save)` is a query of the program's own; save yours under another name")
      }
      let sql = try query()
      let parameters = try parameters(for: sql)
      let query = try ReadOnlyQuery(path: database.path)
      endsLate()
      let answer = try query.run(
        sql, parameters: parameters, seconds: timeout, limit: limit ?? .max)
      if let save {
        guard Database.exists(database.path) else { throw Database.missing(database.path) }
        try database.forWriting().save(
          SavedQueryRecord(name: save, description: description, sql: sql), now: Clock.now)
        Terminal.say("saved as `\(save)`")
      }
      try table.write(
        DataTable(columns: answer.columns, rows: answer.rows.map { $0.map(DataTable.Cell.init) }))
      if answer.isCut { Terminal.say("more rows were left out (--limit)") }
    }
  }

  /// SQLite looks at the time between its steps only. Should one step (a comparison with a hostile
  /// pattern, say) take much longer, the program ends itself.
  private func endsLate() {
    let message =
      "sallyport: the query took longer than \(timeout.formatted()) s and was broken off"
    DispatchQueue.global().asyncAfter(deadline: .now() + timeout + 2) {
      Terminal.say(message)
      Foundation.exit(ExitStatus.usage.rawValue)
    }
  }

  private func query() throws -> String {
    if let name {
      let saved = try database.forReading().savedQueries()
      let own = saved.first { $0.name == name }
      // The answers of the program's own queries are those that its documents speak of.
      if let recipe = Recipe.all.first(where: { $0.name == name }) {
        if own != nil {
          Terminal.say("sallyport: a saved query `\(name)` is hidden by the program's own")
        }
        return recipe.sql
      }
      if let own { return own.sql }
      throw InventoryError(
        .unknownName, "there is no query `\(name)`",
        advice: NearMatch.advice(
          name, among: Recipe.all.map(\.name) + saved.map(\.name),
          command: "sallyport sql --list"))
    }
    guard let statement else {
      throw ValidationError("give a statement, --name, --list or --views")
    }
    guard statement == "-" else { return statement }
    return String(decoding: try InputFiles.read(["-"])[0].bytes, as: UTF8.self)
  }

  private func parameters(for sql: String) throws -> [String: ReadOnlyQuery.Value] {
    var result: [String: ReadOnlyQuery.Value] = [:]
    for text in param {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw ValidationError("`\(text)` is not of the form name=value")
      }
      let value = String(text[text.index(after: equals)...])
      // A number stays one, so that comparing it with a number works.
      let number = Int64(value).flatMap { "\($0)" == value ? $0 : nil }
      let name = String(text[..<equals])
      result[name] = number.map { .integer($0) } ?? .text(Self.moment(value, for: name))
    }
    return result
  }

  /// A day without a time means what it means in commands: its first moment where a period begins
  /// (`since`, `from`, `starts`), its last second elsewhere. What is no day stays as it is.
  private static func moment(_ value: String, for name: String) -> String {
    guard value.utf8.count == 10, Moment.parse(value) != nil else { return value }
    let begins = ["since", "from", "starts", "after"].contains(name)
    return Moment.parse(value, endOfDay: !begins) ?? value
  }

  private func writeList() throws {
    var result = DataTable(columns: ["name", "from", "answers"])
    for recipe in Recipe.all {
      result.rows.append([.text(recipe.name), .text("program"), .text(recipe.question)])
    }
    if Database.exists(database.path) {
      for query in try database.forReading().savedQueries() {
        result.rows.append([.text(query.name), .text("saved"), .text(query.description)])
      }
    }
    try table.write(result)
  }

  private func writeViews() throws {
    var result = DataTable(columns: ["view", "column", "meaning"])
    for view in ViewContract.all {
      result.rows.append([.text(view.view), .text(""), .text(view.meaning)])
      for column in view.columns {
        result.rows.append([.text(view.view), .text(column.name), .text(column.meaning)])
      }
      result.rows.append([.text(view.view), .text("example"), .text(view.example)])
    }
    try table.write(result)
  }
}

extension DataTable.Cell {
  init(_ value: ReadOnlyQuery.Value) {
    switch value {
    case .null: self = .null
    case .integer(let number): self = .integer(number)
    case .real(let number): self = .real(number)
    case .text(let text): self = .text(text)
    case .bytes(let bytes):
      let digits = Array("0123456789abcdef")
      self = .bytes(String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }))
    }
  }
}
