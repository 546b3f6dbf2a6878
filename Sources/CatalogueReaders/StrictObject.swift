import JSONTree

/// Reads members of JSON objects as strictly as a published schema: an unknown member, one given
/// twice and one of another type are errors with their position.
struct StrictObject {
  let file: String

  func refuse(_ value: JSONValue, _ reason: String) -> CatalogueError {
    let pointer = value.pointer
    return CatalogueError(
      file: file,
      position: pointer.isEmpty ? "line \(value.line)" : "\(pointer) (line \(value.line))",
      reason: reason)
  }

  /// Refuses values that are no objects, and members that are not known or given twice.
  func check(_ value: JSONValue, members: Set<String>) throws(CatalogueError) {
    guard value.isObject else { throw refuse(value, "an object was expected") }
    var seen: Set<String> = []
    for (key, member) in value.members {
      guard members.contains(key) else {
        let near = members.sorted().first { Self.isNear($0, key) }
        throw refuse(
          member,
          "`\(key)` is not known here"
            + (near.map { "; did you mean `\($0)`?" } ?? "; known: \(Self.list(members))"))
      }
      guard seen.insert(key).inserted else { throw refuse(member, "`\(key)` is given twice") }
    }
  }

  /// A text that is there and not empty.
  func text(_ object: JSONValue, _ name: String) throws(CatalogueError) -> String {
    guard let member = object.member(name) else { throw refuse(object, "`\(name)` is missing") }
    guard let value = member.string, !value.isEmpty else {
      throw refuse(member, "`\(name)` is not a text, or empty")
    }
    return value
  }

  /// A text; nil where it is missing or null.
  func optionalText(_ object: JSONValue, _ name: String) throws(CatalogueError) -> String? {
    guard let member = object.member(name), !member.isNull else { return nil }
    guard let value = member.string else { throw refuse(member, "`\(name)` is not a text") }
    return value
  }

  private static func list(_ members: Set<String>) -> String {
    members.sorted().map { "`\($0)`" }.joined(separator: ", ")
  }

  /// Whether two names differ by one or two letters.
  private static func isNear(_ left: String, _ right: String) -> Bool {
    let a = Array(left.utf8)
    let b = Array(right.utf8.prefix(200))
    guard abs(a.count - b.count) <= 2 else { return false }
    var row = Array(0...b.count)
    for (i, byte) in a.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for j in b.indices {
        let current = row[j + 1]
        row[j + 1] = min(previous + (byte == b[j] ? 0 : 1), min(current, row[j]) + 1)
        previous = current
      }
    }
    return row[b.count] <= 2
  }
}
