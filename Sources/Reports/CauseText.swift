import JSONTree

/// Says in a sentence what made a verdict what it is, from the detail that the history keeps.
package enum CauseText {
  package static func sentence(_ cause: String, detail: String) -> String {
    let root = (try? JSONTree(Array(detail.utf8)))?.root
    switch cause {
    case "initial": return "first judged then"
    case "catalogue":
      let from = root?["catalogue"]?["from"]?.string ?? "another edition"
      let to = root?["catalogue"]?["to"]?.string ?? "the list"
      return root?["endpoint"]?.string == "added"
        ? "\(to) asks for it, \(from) did not" : "the list changed from \(from) to \(to)"
    case "program": return "another version of the program judges it so"
    default: break
    }
    if let path = root?["path"] {
      return "the way changed from \(path["from"]?.string ?? "") to \(path["to"]?.string ?? "")"
    }
    if let client = root?["client"] {
      return
        "client `\(client["from"]?.string ?? "")` is `\(client["to"]?.string ?? "")` since then"
    }
    if root?["gap"] != nil { return "judged again after a time without exports" }
    let changes = root?["changes"].map { Array($0.elements) } ?? []
    guard !changes.isEmpty else { return "the rules changed" }
    let joined =
      root?["needs"]?.string == "any" ? "; undoing either suffices: " : "; together with: "
    let texts = changes.prefix(3).map(change)
    return texts.joined(separator: joined)
      + (changes.count > 3 ? " and \(changes.count - 3) more" : "")
  }

  /// One change with its place on both sides.
  package static func change(_ value: JSONValue) -> String {
    let name = value["name"]?.string ?? ""
    let details = value["details"]?.elements.compactMap(\.string) ?? []
    var text: String
    switch value["change"]?.string ?? "" {
    case "rule-added": text = "rule `\(name)` was added"
    case "rule-removed": text = "rule `\(name)` was removed"
    case "rule-moved": text = "rule `\(name)` was moved"
    case "rule-edited":
      text = "rule `\(name)` was edited"
      if details == ["enabled: true → false"] { text = "rule `\(name)` was disabled" }
      if details == ["enabled: false → true"] { text = "rule `\(name)` was enabled" }
    case "object-edited": text = "object `\(name)` was edited"
    case "object-removed":
      text = "object `\(name)` was removed, which `\(value["used_by"]?.string ?? "")` uses"
    default: text = "settings changed"
    }
    let places = [value["before"], value["after"]].compactMap { $0.flatMap(place) }
    if !places.isEmpty { text += " (" + places.joined(separator: " → ") + ")" }
    if !details.isEmpty, !details[0].hasPrefix("enabled:") || details.count > 1 {
      text += ": " + details.joined(separator: "; ")
    }
    return text
  }

  private static func place(_ side: JSONValue) -> String? {
    guard let file = side["file"]?.string else { return nil }
    if let line = side["line"]?.int, line > 0 { return "\(file):\(line)" }
    if let pointer = side["pointer"]?.string { return "\(file)\(pointer)" }
    return file
  }
}
