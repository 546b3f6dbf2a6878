import EndpointCatalogue

/// The host names of any text, for comparison with a list: a firm's wiki, an address group, a
/// proxy's list, an export.
package struct HostsOfText: Sendable {
  package struct Host: Hashable, Sendable {
    /// As printed.
    package let text: String
    /// Canonical.
    package let host: String
    package let path: String?
    package let line: Int
  }

  /// In the order of the text, each once.
  package let hosts: [Host]

  package init(_ bytes: [UInt8], file: String) throws(CatalogueError) {
    let page = try PageText(bytes, file: file)
    var unit = PageUnit(place: .prose, section: 0)
    var result: [Host] = []
    var seen: Set<String> = []
    var units = 0
    func flush() {
      units += 1
      for token in HostTokenFinder(unit, number: units).tokens() where token.shape == .name {
        let host = EndpointIdentity.canonical(token.host)
        let path = RowBuilder.path(token.path)?.text
        guard seen.insert(host + (path ?? "")).inserted else { continue }
        result.append(
          Host(text: token.text, host: host, path: path, line: page.place(of: token.offset).line))
      }
      unit = PageUnit(place: .prose, section: 0)
    }
    // Marks of any format part words: quotes, brackets, commas, bars.
    for (index, byte) in page.bytes.enumerated() {
      if byte == 0x0A {
        flush()
      } else {
        unit.append(byte < 0x20 || byte == 0x5C ? 0x20 : byte, at: index)
        if unit.text.count > 1 << 18, byte <= 0x20 { flush() }
      }
      guard result.count <= PageCollector.tokenLimit else {
        throw CatalogueError(
          file: file, reason: "more than \(PageCollector.tokenLimit) host names")
      }
    }
    flush()
    hosts = result
  }

  /// The two last labels of the hosts of editions: below these a new host may be a new row.
  package static func domains(_ editions: [Catalogue]) -> Set<String> {
    KnownRows(editions).domains
  }

  package static func domain(_ host: String) -> String { KnownRows.domain(host) }
}
