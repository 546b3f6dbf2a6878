/// Text that a configuration-management tool has not filled in yet.
package enum TemplateMarker {
  /// Whether a value holds a marker of the kinds met in real exports: `{{ x }}`, `{% … %}`, `${x}`,
  /// `@x@`, `!!x!!`, `<x>`, and addresses written as `xx.xx.xx.xx`.
  package static func isPresent(in text: some StringProtocol) -> Bool {
    if text.contains("{{") || text.contains("{%") || text.contains("${") || text.contains("!!") {
      return true
    }
    if text.count > 2, text.first == "@", text.last == "@" { return true }
    if text.first == "<", text.last == ">" { return true }
    let address = text.prefix { $0 != "-" && $0 != "/" }
    let parts = address.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, let letter = parts[0].first, "xyzXYZ".contains(letter) else {
      return false
    }
    return parts.allSatisfy { part in part.allSatisfy { $0 == letter } }
  }
}
