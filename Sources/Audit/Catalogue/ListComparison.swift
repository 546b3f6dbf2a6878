import CatalogueReaders
import EndpointCatalogue
import JSONTree
import NetworkSets
import Reports

/// Any text held against all editions of a list: what is missing, what is obsolete, which edition
/// it was copied from, and which hosts nobody knows.
package struct ListComparison: Sendable {
  package let file: String
  package let edition: Catalogue
  package let hosts: Int
  /// Rows of the edition that no host of the text holds.
  package let missing: [Endpoint]
  /// Hosts of the text that earlier editions list and this one does not, with the last of these.
  package let obsolete: [(host: HostsOfText.Host, edition: Catalogue)]
  /// Hosts below a known domain that no edition has.
  package let unknown: [HostsOfText.Host]
  /// The edition with the fewest rows missing and obsolete; of equal ones the last. Nil where the
  /// text has hardly anything of any.
  package let copiedFrom: Catalogue?

  /// - Parameter edition: the one that counts; the others tell the text's age.
  package init(
    _ bytes: [UInt8], file: String, edition: Catalogue, library: CatalogueLibrary
  ) throws(CatalogueError) {
    let text = try HostsOfText(bytes, file: file)
    let editions = library.catalogues.filter { $0.id == edition.id }
    let patterns = text.hosts.compactMap { host -> (HostPattern, String?)? in
      // `.example.com` is how proxies write a domain with all below it.
      if host.host.hasPrefix("."), let name = HostName(host.host.dropFirst()) {
        return (.apexAndSubdomains(name), host.path)
      }
      return Endpoint.pattern(of: host.host).map { ($0, host.path) }
    }
    func holds(_ endpoint: Endpoint) -> Bool {
      patterns.contains { pattern, path in
        (path == nil || path == endpoint.path || endpoint.path?.hasPrefix(path ?? "") == true)
          && pattern.relation(to: endpoint.hostPattern) == .covering
      }
    }
    let required = edition.endpoints.filter { $0.level == .required && $0.address == nil }
    var seen: Set<String> = []
    missing = required.filter { !holds($0) && seen.insert($0.identity.place).inserted }

    let current = Set(edition.endpoints.map(\.identity.host))
    var lastWith: [String: Catalogue] = [:]
    for older in editions {
      for endpoint in older.endpoints { lastWith[endpoint.identity.host] = older }
    }
    obsolete = text.hosts.compactMap { host in
      guard !current.contains(host.host), let last = lastWith[host.host] else { return nil }
      // A host that a row of the edition holds is still asked for.
      let name = HostName(host.host)
      let isHeld = edition.endpoints.contains { row in
        name.map { row.hostPattern.matches($0) } ?? false
      }
      return isHeld ? nil : (host, last)
    }
    let domains = HostsOfText.domains(editions)
    unknown = text.hosts.filter { host in
      guard lastWith[host.host] == nil, domains.contains(HostsOfText.domain(host.host)) else {
        return false
      }
      guard let name = HostName(host.host) else { return true }
      return !edition.endpoints.contains { $0.hostPattern.matches(name) }
    }
    let exact = Set(text.hosts.map { $0.host })
    var best: (edition: Catalogue, cost: Int)?
    for candidate in editions {
      let rows = Set(candidate.endpoints.map(\.identity.host))
      let common = rows.intersection(exact).count
      guard common * 2 >= rows.count else { continue }
      let known = Set(lastWith.keys)
      let cost = rows.subtracting(exact).count + exact.intersection(known).subtracting(rows).count
      if cost <= best?.cost ?? Int.max { best = (candidate, cost) }
    }
    copiedFrom = best?.edition
    hosts = text.hosts.count
    self.file = file
    self.edition = edition
  }

  package var isComplete: Bool { missing.isEmpty }

  package func text(width: Int) -> String {
    var lines = PlainText.wrap(
      PlainText.safe("\(file): \(hosts) host names, against \(edition.reference)"), width: width)
    if let copiedFrom {
      lines += PlainText.wrap(
        copiedFrom.reference == edition.reference
          ? "closest to this edition"
          : "closest to \(copiedFrom.reference), in force since \(copiedFrom.effective)",
        width: width)
    }
    func section(_ title: String, _ items: [String]) {
      guard !items.isEmpty else { return }
      lines.append("")
      lines.append("\(title) (\(items.count)):")
      for item in items {
        for (index, line) in PlainText.wrap(PlainText.safe(item), width: width - 2).enumerated() {
          lines.append((index == 0 ? "  " : "    ") + line)
        }
      }
    }
    section("missing", missing.map { "\($0.text) (\($0.service))" })
    section(
      "obsolete",
      obsolete.map { "\($0.host.text), line \($0.host.line): last in \($0.edition.version)" })
    section(
      "known to no edition: new rows, or not of this list?",
      unknown.map { "\($0.text), line \($0.line)" })
    if missing.isEmpty, obsolete.isEmpty, unknown.isEmpty { lines.append("nothing differs") }
    return lines.joined(separator: "\n") + "\n"
  }

  package func json() -> [UInt8] {
    var writer = JSONWriter(pretty: true)
    writer.object { writer in
      writer.member("schema", "sallyport.catalogue-comparison/1")
      writer.member("file", file)
      writer.member("edition", edition.reference)
      writer.member("hosts", hosts)
      writer.member("copied_from", copiedFrom?.reference)
      writer.member("missing", each: missing) { writer, endpoint in
        writer.object { writer in
          writer.member("endpoint", endpoint.text)
          writer.member("service", endpoint.service)
        }
      }
      writer.member("obsolete", each: obsolete) { writer, item in
        writer.object { writer in
          writer.member("token", item.host.text)
          writer.member("line", item.host.line)
          writer.member("last_edition", item.edition.reference)
        }
      }
      writer.member("unknown", each: unknown) { writer, host in
        writer.object { writer in
          writer.member("token", host.text)
          writer.member("line", host.line)
        }
      }
    }
    return writer.bytes + [0x0A]
  }
}
