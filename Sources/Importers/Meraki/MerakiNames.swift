import ImportKit

/// How names and URL patterns of the Dashboard are matched.
enum MerakiNames {
  /// A name in the destination of a layer 3 rule or in a policy object.
  ///
  /// "Can be based on … destination IP address (or FQDN)" (documentation.meraki.com, Using Layer 3
  /// Firewall Rules). A leading `*.` is accepted, but what it covers is written nowhere that could be cited: it is taken
  /// for the names below, in doubt.
  static func destination(_ text: String) -> (pattern: HostPattern, binding: NameBinding)? {
    if text.hasPrefix("*.") {
      return HostName(text.dropFirst(2)).map { (.subdomains($0), .doubtful) }
    }
    guard text.contains("."), let name = HostName(text) else { return nil }
    return (.exact(name), .observed)
  }

  /// Patterns of content filtering that hold the URLs of one entry.
  ///
  /// The appliance looks up the whole URL, then without scheme and leading `www.`, without query,
  /// with one path segment less each time, then with one label less each time, then `*`; with HTTPS
  /// it has only the name to look up (documentation.meraki.com, Content Filtering, URL filtering). So
  /// a name covers everything below it, and an entry with a path its own host only: "if the user
  /// tries to reach any other portion of the site that does not begin with that URL" (URL Block List
  /// and Allow List Patterns).
  ///
  /// Nil for a text that no look-up can equal.
  static func urls(_ raw: String) -> [URLPattern]? {
    var text = raw.lowercased()
    if text == "*" { return [.host(.any)] }
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      text.removeFirst(scheme.count)
    }
    let host = text.prefix { $0 != "/" && $0 != "?" }
    let path = text[host.endIndex...]
    guard !host.contains("*"), let name = HostName(host) else { return nil }
    if path.isEmpty || path == "/" { return [.host(.apexAndSubdomains(name))] }
    guard path.hasPrefix("/") else { return nil }
    let folder = PathPattern.folder(String(path))
    guard !name.text.hasPrefix("www."), let www = HostName("www." + name.text) else {
      return [.parts(.exact(name), folder)]
    }
    return [.parts(.exact(name), folder), .parts(.exact(www), folder)]
  }

  /// `443`, `8000-8080`, a comma list of these, which `PortSet` reads; nil for `Any`.
  static func ports(_ text: String?) -> String? {
    guard let text, !text.isEmpty, text.lowercased() != "any" else { return nil }
    return text
  }

  /// `VLAN(10).*` is the network, `VLAN(10).7` its seventh address; nil for other texts.
  static func vlan(_ text: String) -> (id: String, host: UInt32?)? {
    guard text.uppercased().hasPrefix("VLAN("), let close = text.firstIndex(of: ")") else {
      return nil
    }
    let id = String(text[..<close].dropFirst(5))
    let rest = text[text.index(after: close)...].drop { $0 == "." }
    if rest.isEmpty || rest == "*" { return (id, nil) }
    return UInt32(rest).map { (id, $0) }
  }

  /// `OBJ(7)` and `GRP(7)`: references to policy objects and groups.
  static func reference(_ text: String) -> (isGroup: Bool, id: String)? {
    let upper = text.uppercased()
    guard text.hasSuffix(")") else { return nil }
    if upper.hasPrefix("OBJ(") { return (false, String(text.dropFirst(4).dropLast())) }
    if upper.hasPrefix("GRP(") { return (true, String(text.dropFirst(4).dropLast())) }
    return nil
  }
}
