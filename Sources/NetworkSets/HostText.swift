/// A piece of text that a pattern looks for in host names, in the form of ``HostName``: host names
/// have no case, and a dot at their end stands for the root that every name has.
package struct HostText: Hashable, Sendable {
  /// Lower case; with a dot at the end only where ``init(part:)`` made it.
  package let text: String

  /// A text that has to reach the end of the name.
  package init(end text: String) {
    let lower = text.lowercased()
    self.text = lower.utf8.last == 0x2E ? String(lower.dropLast()) : lower
  }

  /// A text that may stand anywhere. A dot at its end stays: it may be one between two labels.
  package init(part text: String) { self.text = text.lowercased() }

  /// Whether the text ends in a dot, which may be the root's.
  var mayEndInRoot: Bool { text.utf8.last == 0x2E && text.utf8.count > 1 }
}

extension HostPattern {
  /// Names that end in a text, label boundary or not.
  package static func suffix(_ text: String) -> HostPattern { .suffix(HostText(end: text)) }

  /// Names that contain a text anywhere.
  package static func substring(_ text: String) -> HostPattern { .substring(HostText(part: text)) }

  /// Names that match a glob as a whole.
  package static func glob(_ text: String) -> HostPattern { .glob(HostText(end: text)) }
}
