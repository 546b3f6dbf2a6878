import ImportKit

/// How FortiOS writes names, translated.
enum FortiNames {
  /// A name of an address object of the type `fqdn`, in which stars may stand anywhere: `*.x` is
  /// everything below `x` and not `x` itself (community.fortinet.com, thread 128695: "It would not
  /// match google.com, since the leading '.' needs to be present"). Nil for anything else.
  static func wildcardFQDN(_ text: String) -> HostPattern? {
    let name = text.lowercased()
    guard name.contains("*") else { return HostName(name).map { .exact($0) } }
    if name == "*" { return .any }
    if name.hasPrefix("*."), let parent = HostName(name.dropFirst(2)) { return .subdomains(parent) }
    guard isHostGlob(name) else { return nil }
    return .glob(name)
  }

  private static func isHostGlob(_ text: String) -> Bool {
    text.utf8.allSatisfy { isHostByte($0) || $0 == 0x2A || $0 == 0x3F }
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  /// Whether a text can be the name of an interface or zone.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !TemplateMarker.isPresent(in: text)
      && !text.unicodeScalars.contains { "?*{}<>$%\"'`|;()".unicodeScalars.contains($0) }
  }

  /// How a policy looks into traffic; nil where the export does not say.
  enum Mode: String {
    case flow
    case proxy
  }

  /// What an entry of a URL filter matches.
  struct URLEntry: Equatable {
    /// Certainly matched.
    var certain: [URLPattern]
    /// Perhaps matched besides, with the reason.
    var doubtful: URLPattern?
    var doubt: String = ""
  }

  /// An entry of a URL filter. Source: community.fortinet.com ta-p/192746, "URL Filter expressions".
  ///
  /// - simple, flow mode: the text anywhere in the URL (`net.com` matches `fortinet.com`; ta-p/197999:
  ///   `s.id` stops `apps.identrust.com`);
  /// - simple, proxy mode: the host and its sub-domains, and what starts with the path; with
  ///   `include-subdomains` off the host alone;
  /// - wildcard: `*` any text; without a slash it is about the host;
  /// - regex: found anywhere, unless anchored.
  ///
  /// Nil for what is outside of this grammar.
  static func urlEntry(
    _ raw: String, type: String, mode: Mode?, includesSubdomains: Bool
  ) -> URLEntry? {
    var text = raw
    for scheme in ["https://", "http://"] where text.lowercased().hasPrefix(scheme) {
      text.removeFirst(scheme.count)
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    switch type {
    case "simple": return simple(text, mode: mode, includesSubdomains: includesSubdomains)
    case "wildcard": return wildcard(text)
    case "regex": return regex(text)
    default: return nil
    }
  }

  private static func simple(
    _ text: String, mode: Mode?, includesSubdomains: Bool
  ) -> URLEntry? {
    let host = text.prefix { $0 != "/" }
    let path = text[host.endIndex...]
    // Neither a host nor the beginning of one: not what these entries are.
    guard host.utf8.allSatisfy(isHostByte) else { return nil }
    let flow = URLPattern.substring(text.lowercased())
    let proxy = HostName(host).map { name -> URLPattern in
      let hosts: HostPattern = includesSubdomains ? .apexAndSubdomains(name) : .exact(name)
      return path.isEmpty || path == "/" ? .host(hosts) : .parts(hosts, .prefix(String(path)))
    }
    switch mode {
    case .flow: return URLEntry(certain: [flow])
    case .proxy: return proxy.map { URLEntry(certain: [$0]) }
    case nil:
      // What proxy mode matches, flow mode does too.
      return URLEntry(
        certain: proxy.map { [$0] } ?? [], doubtful: flow,
        doubt:
          "the inspection mode is not in the export: in flow mode `\(text)` matches anywhere in "
          + "a URL")
    }
  }

  private static func wildcard(_ text: String) -> URLEntry? {
    guard !text.utf8.contains(0x3F) else { return nil }
    guard !text.contains("/") else { return URLEntry(certain: [.glob(text)]) }
    let name = text.lowercased()
    if name == "*" { return URLEntry(certain: [.host(.any)]) }
    if let host = HostName(name) { return URLEntry(certain: [.host(.exact(host))]) }
    if name.hasPrefix("*."), let parent = HostName(name.dropFirst(2)) {
      return URLEntry(certain: [.host(.subdomains(parent))])
    }
    if name.hasPrefix("*"), !name.dropFirst().contains("*"), HostName("a" + name.dropFirst()) != nil
    {
      return URLEntry(certain: [.host(.suffix(String(name.dropFirst())))])
    }
    return isHostGlob(name) ? URLEntry(certain: [.host(.glob(name))]) : nil
  }

  private static func regex(_ raw: String) -> URLEntry? {
    // `/…/i` is the older way to write the expression.
    var text = raw
    if text.count > 2, text.hasPrefix("/") {
      if text.hasSuffix("/i") {
        text = String(text.dropFirst().dropLast(2))
      } else if text.hasSuffix("/") {
        text = String(text.dropFirst().dropLast())
      }
    }
    guard let expression = try? RegularExpression(text) else { return nil }
    if text.hasSuffix("$"), !text.hasSuffix("\\$") {
      // Where only the host is visible, it is not documented whether a slash follows it.
      return URLEntry(
        certain: [], doubtful: .host(.regex(expression)),
        doubt: "`\(raw)` is tied to the end of the URL, and how the FortiGate ends it is not known")
    }
    return URLEntry(certain: [.regex(expression)])
  }
}
