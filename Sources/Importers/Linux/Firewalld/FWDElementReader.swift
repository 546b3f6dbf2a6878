import ImportKit

/// Reads the elements that zones and policies share, and rich rules.
/// Source: firewalld.zone(5), firewalld.policy(5), firewalld.richlanguage(5).
enum FWDElementReader {
  /// Nil for elements that are not rules (names, descriptions).
  static func read(
    _ element: XMLElement, file: Int, draft: PolicyDraft
  ) -> FWDConfiguration.Element? {
    guard !FWDReader.irrelevant.contains(element.name) else { return nil }
    let record = ExportRecord(element, file: file)
    var result = element.name == "rule" ? rich(record) : plain(element.name, record)
    if let doubt = draft.unread(
      record, of: "the element `\(element.name)`", ignoring: FWDReader.irrelevant)
    {
      result.doubts.append(doubt)
    }
    return result
  }

  private static func plain(_ name: String, _ record: ExportRecord) -> FWDConfiguration.Element {
    let what = what(name, record)
    var verdict = FWDConfiguration.Element.Verdict.accept
    switch what {
    case .icmp: verdict = .reject
    case .passive: verdict = .none
    case .unknown: verdict = .open
    default: break
    }
    return FWDConfiguration.Element(what: what, verdict: verdict, position: record.position)
  }

  private static func what(
    _ name: String, _ record: ExportRecord
  ) -> FWDConfiguration.Element.What {
    switch name {
    case "service": return .service(record.attribute("name") ?? "")
    case "port":
      return .port(record.attribute("port") ?? "", protocol: record.attribute("protocol") ?? "")
    case "source-port":
      return .sourcePort(
        record.attribute("port") ?? "", protocol: record.attribute("protocol") ?? "")
    case "protocol": return .protocol(record.attribute("value") ?? "")
    case "icmp-block", "icmp-type": return .icmp(record.attribute("name") ?? "")
    case "forward-port":
      // Where the connection is sent does not matter: what answers there decides anyway.
      _ = record.attribute("to-port")
      _ = record.attribute("to-addr")
      return .forwardPort(
        record.attribute("port") ?? "", protocol: record.attribute("protocol") ?? "")
    case "masquerade": return .masquerade
    case "tcp-mss-clamp":
      _ = record.attribute("value")
      return .passive(name)
    default: return .unknown(name)
    }
  }

  private static let verdicts: [String: FWDConfiguration.Element.Verdict] = [
    "accept": .accept, "reject": .reject, "drop": .drop,
  ]

  private static func rich(_ rule: ExportRecord) -> FWDConfiguration.Element {
    var result = FWDConfiguration.Element(
      what: .everything, verdict: .none, position: rule.position)
    result.isRich = true
    result.family = rule.attribute("family")
    // A priority that is no number stays unread, and is a doubt of the rule.
    if case .xml(let element) = rule.body,
      let priority = element.attribute("priority").flatMap({ Int($0) })
    {
      _ = rule.attribute("priority")
      result.priority = priority
    }
    result.source = rule.record("source").flatMap(address)
    result.destination = rule.record("destination").flatMap(address)
    for (name, verdict) in verdicts.sorted(by: { $0.key < $1.key }) {
      guard let action = rule.record(name) else { continue }
      result.verdict = verdict
      _ = action.attribute("type")
      result.limit = action.record("limit")?.attribute("value")
    }
    // What logs and marks, with all its settings, decides nothing.
    for name in ["mark", "log", "nflog", "audit"] { _ = rule.children(name) }
    let kinds = [
      "service", "port", "source-port", "protocol", "icmp-block", "icmp-type", "forward-port",
      "masquerade", "tcp-mss-clamp",
    ]
    for name in kinds {
      if let record = rule.record(name) { result.what = what(name, record) }
    }
    if case .icmp = result.what, result.verdict == .none { result.verdict = .reject }
    return result
  }

  /// `address`, `ipset` or `mac`, with `invert` where it is there.
  static func address(_ element: ExportRecord) -> FWDConfiguration.Address? {
    // Source addresses carry their family in old files; the address shows it.
    _ = element.attribute("family")
    var inverted = false
    if case .xml(let xml) = element.body {
      for name in ["invert", "not"] {
        switch xml.attribute(name)?.lowercased() {
        case "yes", "true", "1":
          _ = element.attribute(name)
          inverted = true
        case "no", "false", "0": _ = element.attribute(name)
        // Nothing, or a word that stays unread.
        default: break
        }
      }
    }
    if let text = element.attribute("address") {
      let kind: FWDConfiguration.Source.Kind =
        text.hasPrefix("ipset:") ? .ipset(String(text.dropFirst(6))) : .address(text)
      return FWDConfiguration.Address(kind: kind, inverted: inverted)
    }
    if let name = element.attribute("ipset") {
      return FWDConfiguration.Address(kind: .ipset(name), inverted: inverted)
    }
    if let mac = element.attribute("mac") {
      return FWDConfiguration.Address(kind: .mac(mac), inverted: inverted)
    }
    return nil
  }
}
