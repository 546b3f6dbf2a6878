import ImportKit

/// How Azure Firewall writes names, translated.
enum AzureNames {
  /// An entry of `targetFqdns`: `*` everything; `*.x` anything below `x`, `x` not included; `*x`
  /// anything that ends in `x`, label boundary or not; else one exact name. A star stands at the
  /// left end only. Nil for anything else.
  static func hosts(_ text: String) -> HostPattern? {
    if text == "*" { return .any }
    let name = text.lowercased()
    guard name.hasPrefix("*") else { return HostName(name).map { .exact($0) } }
    let rest = name.dropFirst()
    guard !rest.contains("*"), !rest.contains("/"), !rest.contains(":") else { return nil }
    if rest.hasPrefix(".") { return HostName(rest.dropFirst()).map { .subdomains($0) } }
    // `*x.com` as Azure means it: plain end of the text.
    return HostName("a" + rest) != nil ? .suffix(String(rest)) : nil
  }

  /// An entry of `targetUrls`: a host as above, and a path in which a star may stand at the end.
  /// Without a path the URL is the host with `/` alone. Nil for anything else.
  static func url(_ text: String) -> URLPattern? {
    if text == "*" { return .host(.any) }
    var rest = text[...]
    for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
      rest = rest.dropFirst(scheme.count)
    }
    let host = rest.prefix { $0 != "/" }
    let path = rest[host.endIndex...]
    guard let hosts = hosts(String(host)) else { return nil }
    if path.isEmpty || path == "/" { return .parts(hosts, .exact("/")) }
    let body = path.hasSuffix("*") ? path.dropLast() : path
    guard !body.contains("*") else { return nil }
    return .parts(hosts, path.hasSuffix("*") ? .prefix(String(body)) : .exact(String(body)))
  }
}
