import JSONTree

/// Says in words how one version of a rule or object differs from another.
package enum ContentDiff {
  /// One line a difference, such as `destination: + go.microsoft.com, - go.example.com`.
  ///
  /// - Parameter limit: lines at most; the last one counts what was left out.
  package static func differences(_ old: [UInt8], _ new: [UInt8], limit: Int = 6) -> [String] {
    guard let left = (try? JSONTree(old))?.root, let right = (try? JSONTree(new))?.root else {
      return []
    }
    let before = fields(left)
    let after = fields(right)
    var lines: [String] = []
    for name in before.order + after.order.filter({ before.items[$0] == nil }) {
      let first = before.items[name] ?? []
      let second = after.items[name] ?? []
      guard first != second else { continue }
      lines.append(difference(name, first, second))
    }
    if lines.count > limit {
      let rest = lines.count - limit + 1
      lines = Array(lines.prefix(limit - 1)) + ["and \(rest) more"]
    }
    return lines
  }

  /// What a rule asks for, in one line.
  package static func summary(_ rule: [UInt8]) -> String {
    guard let root = (try? JSONTree(rule))?.root, let match = root["match"] else { return "" }
    return match.elements.flatMap { clause in
      clause.members.map { kind, value in "\(kind): \(entries(value).joined(separator: ", "))" }
    }.joined(separator: "; ")
  }

  private struct Fields {
    var order: [String] = []
    var items: [String: [String]] = [:]

    mutating func add(_ name: String, _ values: [String]) {
      if items[name] == nil { order.append(name) }
      items[name, default: []] += values
    }
  }

  /// Members by name; a rule's clauses count as members, and lists by their entries.
  private static func fields(_ root: JSONValue) -> Fields {
    var result = Fields()
    for (key, value) in root.members {
      if key == "match" {
        for clause in value.elements {
          for (kind, inner) in clause.members { result.add(kind, entries(inner)) }
        }
      } else {
        result.add(key == "list" ? "members" : key, entries(value))
      }
    }
    // Enabled is written only where a rule is not.
    if root["match"] != nil, result.items["enabled"] == nil { result.add("enabled", ["true"]) }
    return result
  }

  private static func entries(_ value: JSONValue) -> [String] {
    if value.isArray { return value.elements.map(words) }
    guard value.isObject else { return [words(value)] }
    var result: [String] = []
    for (key, member) in value.members {
      switch key {
      case "terms", "zones": result += member.elements.map(words)
      case "negated": result.append("(negated)")
      default: result += [("\(key) " + words(member))]
      }
    }
    return result
  }

  /// A value as a person would write it.
  private static func words(_ value: JSONValue) -> String {
    if let text = value.string { return text }
    if value.isArray { return value.elements.map(words).joined(separator: ", ") }
    guard value.isObject else {
      return value.bool.map { "\($0)" } ?? value.numberText ?? "null"
    }
    return value.members.map { key, member in
      switch key {
      case "object", "service_object":
        // Ids are paths; the name is their last part.
        return words(member).split(separator: "/").last.map(String.init) ?? words(member)
      case "addresses", "condition", "detail", "kind": return words(member)
      default: return "\(key) \(words(member))"
      }
    }.joined(separator: " ")
  }

  private static func difference(_ name: String, _ old: [String], _ new: [String]) -> String {
    if old.count == 1, new.count == 1 { return "\(name): \(short(old[0])) → \(short(new[0]))" }
    let gone = old.filter { !new.contains($0) }
    let come = new.filter { !old.contains($0) }
    guard !gone.isEmpty || !come.isEmpty else { return "\(name): other order" }
    return "\(name): "
      + (list(come, mark: "+ ") + list(gone, mark: "- ")).joined(separator: ", ")
  }

  private static func list(_ items: [String], mark: String) -> [String] {
    let shown = items.prefix(4).map { mark + short($0) }
    return items.count > 4 ? shown + ["\(mark)\(items.count - 4) more"] : Array(shown)
  }

  private static func short(_ text: String) -> String {
    text.count > 80 ? String(text.prefix(79)) + "…" : text
  }
}
