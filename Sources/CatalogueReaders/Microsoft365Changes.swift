import JSONTree

/// The changes of the Microsoft 365 endpoints web service (`changes/<instance>/<version>`).
package struct Microsoft365Change: Hashable, Sendable {
  package let id: Int
  package let set: Int
  /// `add`, `change` or `remove`; the service writes it in any case.
  package let disposition: String
  /// In the words of the service, such as `AddedUrl`; nil where it gives none.
  package let impact: String?
  package let added: [String]
  package let removed: [String]
  /// ISO date from which additions count; they are published about 30 days before.
  package let effective: String?

  /// Whether firewall rules have to follow: a change of routing or of words asks nothing of them.
  package var asksOfRules: Bool { !added.isEmpty || !removed.isEmpty }

  /// Whether a value is an answer of `changes`.
  package static func isChanges(_ root: JSONValue) -> Bool {
    guard root.isArray, let first = root.elements.first(where: { _ in true }) else { return false }
    return first["endpointSetId"]?.int != nil && first["disposition"] != nil
  }

  package static func read(
    _ bytes: [UInt8], file: String
  ) throws(CatalogueError) -> [Microsoft365Change] {
    let root = try CatalogueJSON.root(bytes, file: file)
    let strict = StrictObject(file: file)
    guard isChanges(root) else {
      throw strict.refuse(root, "no answer of the `changes` request of Microsoft 365 endpoints")
    }
    var result: [Microsoft365Change] = []
    for value in root.elements {
      try strict.check(
        value,
        members: [
          "id", "endpointSetId", "disposition", "impact", "version", "previous", "current", "add",
          "remove", "changeDescription",
        ])
      guard let id = value["id"]?.int, let set = value["endpointSetId"]?.int else {
        throw strict.refuse(value, "`id` or `endpointSetId` is missing or not a whole number")
      }
      let disposition = try strict.text(value, "disposition").lowercased()
      guard ["add", "change", "remove"].contains(disposition) else {
        throw strict.refuse(value["disposition"] ?? value, "`\(disposition)` is no disposition")
      }
      result.append(
        Microsoft365Change(
          id: id, set: set, disposition: disposition, impact: value["impact"]?.string,
          added: texts(value["add"]), removed: texts(value["remove"]),
          effective: try day(value["add"]?["effectiveDate"], strict)))
    }
    return result
  }

  private static func texts(_ value: JSONValue?) -> [String] {
    var result: [String] = []
    for list in [value?["urls"], value?["ips"]] {
      guard let list else { continue }
      for element in list.elements { if let text = element.string { result.append(text) } }
    }
    return result
  }

  /// `20261201` as 2026-12-01.
  private static func day(
    _ value: JSONValue?, _ strict: StrictObject
  ) throws(CatalogueError) -> String? {
    guard let value, !value.isNull else { return nil }
    let digits = Array((value.string ?? "").utf8)
    guard digits.count == 8 else { throw strict.refuse(value, "not a day such as 20261201") }
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    let day = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
    guard CatalogueDay.isValid(day) else {
      throw strict.refuse(value, "not a day of the calendar: \(day)")
    }
    return day
  }
}
