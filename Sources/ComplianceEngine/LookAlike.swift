import EndpointCatalogue
import NetworkSets

/// Hosts that read like an endpoint and belong to somebody else.
enum LookAlike {
  /// A host outside the endpoint's own domain that a pattern holds although it was written for the
  /// endpoint; nil where the pattern respects label boundaries at both ends.
  static func witness(for pattern: URLPattern, endpoint: Endpoint) -> String? {
    let base: HostName
    switch endpoint.hostPattern {
    case .exact(let host), .subdomains(let host): base = host
    default: return nil
    }
    // The label in front of the registered domain is where a boundary is most often forgotten.
    let labels = base.text.split(separator: ".")
    var candidates: [String] = []
    for count in 2...max(labels.count, 2) {
      let domain = labels.suffix(count).joined(separator: ".")
      candidates.append("evil\(domain)")
      candidates.append("\(domain).evil.example")
    }
    candidates.append("www.\(base.text).evil.example")
    for text in candidates {
      guard let host = HostName(text) else { continue }
      // Names below the vendor's own domain are not strangers.
      let registered = labels.suffix(2).joined(separator: ".")
      if host.text == registered || host.text.hasSuffix("." + registered) { continue }
      if pattern.matches(host: host, path: "/") { return host.text }
    }
    return nil
  }
}
