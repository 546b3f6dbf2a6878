import ImportKit

/// Reads the elements that zones and policies share, and rich rules.
/// Source: firewalld.zone(5), firewalld.policy(5), firewalld.richlanguage(5).
enum FWDElementReader {
  /// Nil for elements that are not rules (names, descriptions).
  static func read(_ element: XMLElement, position: SourcePosition) -> FWDConfiguration.Element? {
    if element.name == "rule" { return rich(element, position: position) }
    guard let what = what(element) else { return nil }
    var verdict = FWDConfiguration.Element.Verdict.accept
    if case .icmp = what { verdict = .reject }
    if case .passive = what { verdict = .none }
    return FWDConfiguration.Element(what: what, verdict: verdict, position: position)
  }

  private static func what(_ element: XMLElement) -> FWDConfiguration.Element.What? {
    let port = element.attribute("port") ?? ""
    let word = element.attribute("protocol") ?? ""
    switch element.name {
    case "service": return .service(element.attribute("name") ?? "")
    case "port": return .port(port, protocol: word)
    case "source-port": return .sourcePort(port, protocol: word)
    case "protocol": return .protocol(element.attribute("value") ?? "")
    case "icmp-block", "icmp-type": return .icmp(element.attribute("name") ?? "")
    case "forward-port": return .forwardPort(port, protocol: word)
    case "masquerade": return .masquerade
    case "tcp-mss-clamp": return .passive(element.name)
    case "short", "description", "version": return nil
    default: return .unknown(element.name)
    }
  }

  private static func rich(
    _ rule: XMLElement, position: SourcePosition
  ) -> FWDConfiguration.Element {
    var result = FWDConfiguration.Element(what: .everything, verdict: .none, position: position)
    result.isRich = true
    result.family = rule.attribute("family")
    result.priority = rule.attribute("priority").flatMap { Int($0) } ?? 0
    for element in rule.children {
      switch element.name {
      case "source": result.source = address(element)
      case "destination": result.destination = address(element)
      case "accept", "reject", "drop", "mark":
        let verdicts: [String: FWDConfiguration.Element.Verdict] = [
          "accept": .accept, "reject": .reject, "drop": .drop,
        ]
        result.verdict = verdicts[element.name] ?? .none
        result.limit = element.child("limit")?.attribute("value")
      case "log", "nflog", "audit": break
      default:
        if let what = what(element) { result.what = what }
      }
    }
    if case .icmp = result.what, result.verdict == .none { result.verdict = .reject }
    return result
  }

  /// `address`, `ipset` or `mac`, with `invert` where it is there.
  static func address(_ element: XMLElement) -> FWDConfiguration.Address? {
    let words = ["yes", "true", "1"]
    let inverted = words.contains(element.attribute("invert")?.lowercased() ?? "")
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
