import ComplianceEngine
import ImportKit
import JSONTree
import NetworkSets
import Reports

/// Reads what a user can tell the engine beyond the export: addresses of names, and addresses of
/// vendor tags.
package enum KnowledgeFiles {
  /// Adds a table of resolved names.
  ///
  /// CSV with the columns `host` and `address` (one address a line) and, if wanted, `resolved_on`;
  /// or JSON: `{"resolved_on": "2026-01-31", "hosts": {"go.microsoft.com": ["192.0.2.1"]}}`.
  package static func addResolvedNames(
    _ file: ExportFile, to knowledge: inout OutsideKnowledge
  ) throws(InputError) {
    let isJSON = file.bytes.first { !" \t\r\n\u{FEFF}".utf8.contains($0) } == UInt8(ascii: "{")
    let entries = isJSON ? try jsonEntries(file) : try csvEntries(file)
    for entry in entries {
      guard let host = HostName(entry.host) else {
        throw InputError(
          .notUnderstood, path: entry.place, reason: "`\(entry.host)` is no host name")
      }
      guard let address = IPAddress(entry.address) else {
        throw InputError(
          .notUnderstood, path: entry.place, reason: "`\(entry.address)` is no address")
      }
      knowledge.addresses[host, default: []].append(address)
      // The oldest look-up is what the reader must know.
      if let date = entry.date { knowledge.resolvedOn = min(knowledge.resolvedOn ?? date, date) }
    }
  }

  private struct Entry {
    let host: String
    let address: String
    let date: String?
    let place: String
  }

  private static func csvEntries(_ file: ExportFile) throws(InputError) -> [Entry] {
    let table: CSVTable
    do throws(CSVTable.Failure) {
      table = try CSVTable(file.bytes)
    } catch {
      throw InputError(.notUnderstood, path: "\(file.name):\(error.line)", reason: error.reason)
    }
    var entries: [Entry] = []
    for row in table.rows {
      let place = "\(file.name):\(row.line)"
      guard let host = row["host"], let address = row["address"] else {
        throw InputError(
          .notUnderstood, path: place, reason: "`host` and `address` are both needed")
      }
      entries.append(
        Entry(
          host: host, address: address, date: try date(row["resolved_on"], at: place),
          place: place))
    }
    return entries
  }

  private static func jsonEntries(_ file: ExportFile) throws(InputError) -> [Entry] {
    let root = try tree(file).root
    guard let hosts = root["hosts"], hosts.isObject else {
      throw InputError(
        .notUnderstood, path: file.name,
        reason: "no object `hosts` with a list of addresses for each name")
    }
    let date = try date(root["resolved_on"]?.string, at: file.name)
    var entries: [Entry] = []
    for (host, addresses) in hosts.members {
      let place = "\(file.name):\(addresses.line)"
      guard addresses.isArray else {
        throw InputError(.notUnderstood, path: place, reason: "`\(host)` has no list of addresses")
      }
      for address in addresses.elements {
        entries.append(
          Entry(host: host, address: address.scalarText ?? "", date: date, place: place))
      }
    }
    return entries
  }

  private static func date(_ text: String?, at place: String) throws(InputError) -> String? {
    guard let text else { return nil }
    guard Moment.parse(text) != nil else {
      throw InputError(
        .notUnderstood, path: place, reason: "`\(text)` is no date such as 2026-01-31")
    }
    return text
  }

  /// Adds the address ranges of service tags, from the file that Microsoft publishes as
  /// "Azure IP Ranges and Service Tags": `values[].name` and `values[].properties.addressPrefixes`
  /// (https://learn.microsoft.com/azure/virtual-network/service-tags-overview).
  package static func addServiceTags(
    _ file: ExportFile, to knowledge: inout OutsideKnowledge
  ) throws(InputError) {
    guard let values = try tree(file).root["values"], values.isArray else {
      throw InputError(
        .notUnderstood, path: file.name, reason: "no list `values` of service tags",
        advice: "give the ServiceTags_*.json that Microsoft publishes")
    }
    for value in values.elements {
      let place = "\(file.name):\(value.line)"
      guard let name = value["name"]?.string,
        let prefixes = value["properties"]?["addressPrefixes"], prefixes.isArray
      else {
        throw InputError(
          .notUnderstood, path: place, reason: "a service tag has no name or no `addressPrefixes`")
      }
      var v4: [IntervalSet<UInt32>.Interval] = []
      var v6: [IntervalSet<UInt128>.Interval] = []
      for prefix in prefixes.elements {
        guard let text = prefix.string, let set = AddressSet(parsing: text) else {
          throw InputError(
            .notUnderstood, path: "\(file.name):\(prefix.line)", reason: "not an address prefix")
        }
        v4 += set.v4.intervals
        v6 += set.v6.intervals
      }
      let ranges = AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))
      knowledge.tags[name] = knowledge.tags[name]?.union(ranges) ?? ranges
    }
  }

  private static func tree(_ file: ExportFile) throws(InputError) -> JSONTree {
    do throws(JSONReadError) {
      return try JSONTree(file.bytes)
    } catch {
      throw InputError(
        .notUnderstood, path: "\(file.name):\(error.line):\(error.column)",
        reason: "not readable as JSON: \(error.reason)")
    }
  }
}

extension Diagnostic {
  /// What the user told the engine, for whoever signs the report: verdicts may hang on it.
  static func assumptions(_ knowledge: OutsideKnowledge) -> [Diagnostic] {
    var texts: [String] = []
    func list(_ names: Set<String>) -> String { names.sorted().joined(separator: ", ") }
    if !knowledge.applications.isEmpty {
      texts.append("taken as given: the firewall recognises \(list(knowledge.applications))")
    }
    if !knowledge.categories.isEmpty {
      texts.append("taken as given: the vendor's category is \(list(knowledge.categories))")
    }
    if !knowledge.addresses.isEmpty {
      let date = knowledge.resolvedOn.map { ", looked up on \($0)" } ?? ", date not given"
      texts.append("taken as given: addresses of \(knowledge.addresses.count) names\(date)")
    }
    if !knowledge.tags.isEmpty {
      texts.append("taken as given: addresses of \(knowledge.tags.count) service tags")
    }
    return texts.map { Diagnostic(kind: "assumption", text: $0, position: nil, file: "") }
  }
}
