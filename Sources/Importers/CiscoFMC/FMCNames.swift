import ImportKit

/// How URL objects of Firepower are matched.
///
/// Source: docs.defenseorchestrator.com, "URL Objects": without a slash "the match is based on the
/// server's hostname only. The hostname is considered a match if it comes after the :// separator,
/// or after any dot in the hostname"; with one, "the entire URL string is used for a substring
/// match, including the server name, path, and any query parameters". For 6.0 packetu.com, "Manual
/// URL Filtering in Firepower": "any substring of the URL will match". In which release that ended is
/// not documented, so below 7.0, and where the export does not tell, what only the older rule matches
/// is in doubt.
enum FMCNames {
  struct URLObject: Equatable {
    var certain: URLPattern
    /// What only the older rule matches besides.
    var older: URLPattern?
  }

  /// Nil for a text that cannot be a URL, or that uses wildcards, which these objects do not have.
  static func url(_ raw: String, isCurrent: Bool) -> URLObject? {
    var text = raw.lowercased()
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      text.removeFirst(scheme.count)
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("*")
    else { return nil }
    let host = text.prefix { $0 != "/" }
    // A leading dot is written by people who think of other products.
    guard let name = HostName(host.hasPrefix(".") ? host.dropFirst() : host) else { return nil }
    if host.endIndex < text.endIndex { return URLObject(certain: .substring(text), older: nil) }
    return URLObject(
      certain: .host(.apexAndSubdomains(name)), older: isCurrent ? nil : .substring(text))
  }

  /// Whether the documented rule of the current releases is in force.
  static func isCurrent(_ version: String) -> Bool {
    guard let major = version.split(separator: ".").first.flatMap({ Int($0) }) else { return false }
    return major >= 7
  }
}
