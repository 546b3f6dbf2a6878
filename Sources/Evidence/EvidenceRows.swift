import EndpointCatalogue
import NetworkSets

/// Finds the row of a list that a URL or host in a report belongs to.
package struct EvidenceRows: Sendable {
  private let catalogue: Catalogue

  package init(_ catalogue: Catalogue) { self.catalogue = catalogue }

  /// The subject of a URL such as `https://go.microsoft.com/fwlink/?LinkID=1`.
  func subject(url: String) -> EvidenceFact.Subject {
    let isPlain = ASCII.lowercased(url).starts(with: Array("http://".utf8))
    let rest = ASCII.rest(of: url, behind: "://") ?? url
    let authority = rest.utf8.prefix { $0 != 0x2F && $0 != 0x3F }
    let path = rest.utf8.dropFirst(authority.count).prefix { $0 != 0x3F }
    let parts = authority.split(separator: 0x3A).map { String(decoding: $0, as: UTF8.self) }
    let host = parts.first ?? ""
    let port = (parts.count == 2 ? Int(parts[1]) : nil) ?? (isPlain ? 80 : 443)
    return subject(host: host, port: port, path: String(decoding: path, as: UTF8.self))
  }

  /// The row for a host: one that names it before one with a wildcard, one whose path fits before one
  /// without.
  func subject(host: String, port: Int, path: String = "") -> EvidenceFact.Subject {
    var best: (row: Endpoint, rank: Int)?
    if let name = HostName(host) {
      for row in catalogue.endpoints where row.hostPattern.matches(name) {
        var rank = row.hostPattern.isWildcard ? 1 : 3
        if let own = row.path {
          if path.utf8.starts(with: own.utf8) { rank += 2 }
          if !path.isEmpty, !path.utf8.starts(with: own.utf8) { rank -= 2 }
        }
        if row.portsRequired.contains(where: { Int($0) == port }) { rank += 1 }
        if rank > best?.rank ?? 0 { best = (row, rank) }
      }
    }
    return EvidenceFact.Subject(
      endpoint: best?.row.text, host: host, port: port, service: best?.row.service)
  }
}
