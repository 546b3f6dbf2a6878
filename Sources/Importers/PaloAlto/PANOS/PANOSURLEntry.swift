import ImportKit

/// One line of a URL list: custom URL category, list of a profile, decryption exclusion.
///
/// Grammar: docs.paloaltonetworks.com, "Guidelines for URL Category Exceptions": tokens between
/// `. / ? & = ; +`; `*` one or more tokens, `^` exactly one, each alone in its token; letters match both
/// cases; no scheme; at most 255 characters.
enum PANOSURLEntry {
  /// Nil for a text outside the grammar.
  ///
  /// - Parameter openEnd: whether an entry without a slash also covers longer host names.
  static func pattern(_ raw: String, openEnd: Bool) -> URLPattern? {
    let text = raw.lowercased()
    let isWellFormed = tokens(text).allSatisfy { token in
      token.utf8.count == 1 || !token.contains { $0 == "*" || $0 == "^" }
    }
    guard !text.isEmpty, text.utf8.count <= 255, isWellFormed,
      !TemplateMarker.isPresent(in: text), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return simple(text, openEnd: openEnd) ?? .tokens(text, openEnd: openEnd)
  }

  /// The common entries as a host and a path, which can be found by the host.
  private static func simple(_ text: String, openEnd: Bool) -> URLPattern? {
    let host = text.prefix { $0 != "/" }
    let path = text[host.endIndex...]
    guard !path.contains("*"), !path.contains("^") else { return nil }
    let hosts: HostPattern
    if host.hasPrefix("*."), let name = HostName(host.dropFirst(2)) {
      if path.isEmpty && openEnd { return nil }
      hosts = .subdomains(name)
    } else if host.hasPrefix("^."), let name = HostName(host.dropFirst(2)) {
      if path.isEmpty && openEnd { return nil }
      hosts = .oneLabel(name)
    } else if let name = HostName(host) {
      hosts = path.isEmpty && openEnd ? .leading(name) : .exact(name)
    } else {
      return nil
    }
    if path.isEmpty || path == "/" { return .host(hosts) }
    // A path entry covers what follows it after any separator, so only whole folders are simple.
    return path.hasSuffix("/") ? .parts(hosts, .prefix(String(path))) : nil
  }

  private static func tokens(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: true) { "./?&=;+".contains($0) }
  }
}
