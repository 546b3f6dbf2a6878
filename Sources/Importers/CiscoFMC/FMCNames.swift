import ImportKit

/// How URL objects of Firepower are matched.
///
/// Source: docs.defenseorchestrator.com, "URL Objects": without a slash "the match is based on the
/// server's hostname only. The hostname is considered a match if it comes after the :// separator,
/// or after any dot in the hostname"; with one, "the entire URL string is used for a substring
/// match". For 6.0 packetu.com, "Manual URL Filtering in Firepower": "any substring of the URL will
/// match". In which release that ended is not documented, so below 7.0, and where the export does
/// not tell, what only the older rule matches is in doubt.
enum FMCNames {
  struct URLObject: Equatable {
    var certain: URLPattern
    /// What only the older rule matches besides.
    var older: URLPattern?
  }

  /// Nil for a text that cannot be a URL.
  static func url(_ raw: String, isCurrent: Bool, denies: Bool) -> URLObject? {
    var text = raw.lowercased()
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      text.removeFirst(scheme.count)
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    let host = text.prefix { $0 != "/" }
    let path = text[host.endIndex...]
    // A leading dot is written by people who think of other products.
    let plain = host.hasPrefix(".") ? host.dropFirst() : host
    guard let name = HostName(plain) else {
      return text.contains("*") ? nil : URLObject(certain: .substring(text), older: nil)
    }
    if !path.isEmpty, path != "/" {
      // A rule that denies is read as the site that it names: to take the text anywhere would stop
      // every URL that has it in its query.
      return URLObject(
        certain: denies
          ? .parts(.apexAndSubdomains(name), .prefix(String(path))) : .substring(text),
        older: nil)
    }
    return URLObject(
      certain: .host(.apexAndSubdomains(name)),
      older: isCurrent ? nil : .host(.suffix(name.text)))
  }

  /// Whether the documented rule of the current releases is in force.
  static func isCurrent(_ version: String) -> Bool {
    guard let major = version.split(separator: ".").first.flatMap({ Int($0) }) else { return false }
    return major >= 7
  }

  /// `443`, `8000-8080`; an absent port is every one.
  static func ports(_ text: String?) -> PortSet? {
    guard let text, !text.isEmpty, text.lowercased() != "any" else { return .full }
    return PortSet(parsing: text)
  }

  /// A protocol by name or number; nil for one that is not known.
  static func protocolNumber(_ text: String) -> UInt8? {
    switch text.uppercased() {
    case "TCP": 6
    case "UDP": 17
    case "ICMP": 1
    case "IPV6-ICMP", "ICMPV6": 58
    case "GRE": 47
    case "ESP": 50
    case "AH": 51
    default: UInt8(text)
    }
  }
}
