import EndpointCatalogue
import NetworkSets

/// One host, URL or network of a list in another publisher's form.
package struct ListEntry: Sendable {
  package var text: String
  package var host: String
  package var isAddress: Bool
  package var scheme: String?
  package var port: Int?
  package var path: String?
  package var pathMatch: Endpoint.PathMatch?

  /// Nil where the text is not one host, URL or network and nothing else.
  package init?(_ raw: String) {
    let bytes = Array(raw.utf8).filter { $0 > 0x20 && $0 != 0x7F }
    let text = String(decoding: bytes, as: UTF8.self)
    if AddressSet(parsing: text) != nil {
      self.text = text
      host = text
      isAddress = true
      return
    }
    var unit = PageUnit(place: .prose, section: 0)
    for (index, byte) in bytes.enumerated() { unit.append(byte, at: index) }
    let tokens = HostTokenFinder(unit, number: 0).tokens()
    guard tokens.count == 1, let token = tokens.first, token.shape != .address,
      token.oddity == nil || token.oddity == .innerStar || token.oddity == .leadingStar,
      token.offset == 0, token.text.utf8.count + (token.hasTrailingStar ? 1 : 0) >= bytes.count
    else { return nil }
    let path = RowBuilder.path(token.path)
    guard !(path?.text.contains("*") ?? false) else { return nil }
    self.text = text
    host = EndpointIdentity.canonical(token.host)
    isAddress = false
    scheme = token.scheme
    port = token.port
    self.path = path?.text
    pathMatch = path?.match
    guard Endpoint.pattern(of: host) != nil else { return nil }
  }

  /// The entry as a row of a catalogue; nil where that cannot be.
  package func endpoint(
    service: String, transport: String = "tcp", ports: [UInt16], level: Endpoint.Level = .required,
    condition: String? = nil, platform: String? = nil, geography: String? = nil,
    cloud: String? = nil
  ) -> Endpoint? {
    Endpoint(
      // The history tells rows apart by what is printed and the port.
      service: service, text: transport == "udp" ? text + " (UDP)" : text, host: host, path: path,
      pathMatch: pathMatch, scheme: scheme,
      transport: transport, portsRequired: ports, level: level, condition: condition,
      platform: platform, geography: geography, cloud: cloud, isAddress: isAddress)
  }

  /// `80,443` and `3478-3481`; nil where a part is none, or a range holds more than 256 ports.
  package static func ports(_ text: String) -> [UInt16]? {
    var result: [UInt16] = []
    for part in text.utf8.split(whereSeparator: { $0 == 0x2C || $0 == 0x3B || $0 == 0x2F }) {
      let ends = part.split(separator: 0x2D, omittingEmptySubsequences: false).map { piece in
        UInt16(
          String(decoding: piece.filter { $0 != 0x20 }, as: UTF8.self)) ?? 0
      }
      guard let first = ends.first, let last = ends.last, ends.count <= 2, first > 0, first <= last,
        last - first < 256
      else { return nil }
      for port in first...last where !result.contains(port) { result.append(port) }
    }
    return result.isEmpty ? nil : result
  }
}
