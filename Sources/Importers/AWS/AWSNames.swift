import ImportKit

/// Names in TLS and HTTP rules.
enum AWSNames {
  /// A target of a domain list. Source: docs.aws.amazon.com, API reference, RulesSourceList: an
  /// explicit name matches only itself; ".example.com matches example.com and matches all subdomains
  /// of example.com". Nil for anything else.
  static func target(_ text: String) -> HostPattern? {
    let name = text.lowercased()
    if name.hasPrefix(".") { return HostName(name.dropFirst()).map { .apexAndSubdomains($0) } }
    return HostName(name).map { .exact($0) }
  }

  /// An entry of a DNS Firewall domain list: an exact name, `*` for everything, or a star as the
  /// leftmost label for anything below. Source: docs.aws.amazon.com, Route 53 API reference,
  /// UpdateFirewallDomains: the star can stand at the start only, "optionally start with *". Output
  /// ends every name with a dot.
  static func domain(_ text: String) -> HostPattern? {
    var name = text.lowercased()[...]
    if name.hasSuffix(".") { name = name.dropLast() }
    if name == "*" { return .any }
    if name.hasPrefix("*.") { return HostName(name.dropFirst(2)).map { .subdomains($0) } }
    return HostName(name).map { .exact($0) }
  }

  /// What a `content` test on a host buffer holds.
  ///
  /// - Parameters:
  ///   - dotted: the buffer has a dot put before the name (`dotprefix`).
  ///   - start: the text stands at the start of the buffer; `end`: at its end.
  static func content(_ text: String, dotted: Bool, start: Bool, end: Bool) -> HostPattern? {
    let text = text.lowercased()
    // A text that no name can hold is no reading of a name at all.
    guard !text.isEmpty,
      text.utf8.allSatisfy({
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
      })
    else { return nil }
    let isDotted = text.hasPrefix(".")
    let bare = String(isDotted ? text.dropFirst()[...] : text[...])
    switch (start, end) {
    case (true, true):
      if dotted { return isDotted ? HostName(bare).map { .exact($0) } : nil }
      return HostName(text).map { .exact($0) }
    case (false, true):
      guard isDotted else { return .suffix(text) }
      guard let name = HostName(bare) else { return .suffix(text) }
      return dotted ? .apexAndSubdomains(name) : .subdomains(name)
    case (true, false):
      if dotted && !isDotted { return nil }
      return regex("^" + escaped(dotted ? bare : text))
    case (false, false):
      if dotted && isDotted { return regex("^\(escaped(bare))|\(escaped(text))") }
      return .substring(text)
    }
  }

  private static func regex(_ source: String) -> HostPattern? {
    (try? RegularExpression(source)).map { .regex($0) }
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if !character.isLetter && !character.isNumber { result.append("\\") }
      result.append(character)
    }
  }
}
