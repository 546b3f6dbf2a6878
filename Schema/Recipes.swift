/// A documented query on the public views.
package struct Recipe: Hashable, Sendable {
  package let name: String
  package let question: String
  package let sql: String

  /// The recipes of recipes.sql, in its order.
  package static let all: [Recipe] = parse(
    String(decoding: PackageResources.recipes_sql, as: UTF8.self))

  /// `-- name: x`, then `-- question`, then the statement.
  static func parse(_ text: String) -> [Recipe] {
    var recipes: [Recipe] = []
    var name = ""
    var question = ""
    var lines: [Substring] = []
    func finish() {
      let sql = lines.joined(separator: "\n")
      let end = sql.lastIndex { !$0.isWhitespace && $0 != ";" }
      if !name.isEmpty, let end {
        recipes.append(Recipe(name: name, question: question, sql: String(sql[...end])))
      }
      lines = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("-- name: ") {
        finish()
        name = String(line.dropFirst(9))
        question = ""
      } else if line.hasPrefix("-- ") {
        question += (question.isEmpty ? "" : " ") + line.dropFirst(3)
      } else {
        lines.append(line)
      }
    }
    finish()
    return recipes
  }
}
