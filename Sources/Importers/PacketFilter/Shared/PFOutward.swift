import ImportKit

/// Rules for packets that leave, which see them as translation has made them.
///
/// "Since translation occurs before filtering the filter engine will see packets as they look after
/// any addresses and ports have been translated" (pf.conf(5), FreeBSD): on the Internet interface a
/// rule for private sources never matches what is translated. Automatic rules translate every
/// attached network and every network behind an inside gateway (pfsense/docs,
/// source/nat/automatic-nat-rules-generation.rst).
extension PFRuleTranslator {
  enum Translation {
    /// Every private source becomes the address of the interface.
    case automatic
    case off
    /// By rules of the administrator, which are not followed.
    case manual
  }

  static func translation(_ root: XMLElement, _ product: PFProduct) -> Translation {
    let nat = root.child("nat")
    // Rules of the newer store of OPNsense stand beside the mode.
    let others = [
      root.all("nat", "onetoone"), root.all("OPNsense", "Firewall", "Filter", "onetoone", "rule"),
      root.all("OPNsense", "Firewall", "Filter", "snatrules", "rule"),
    ].flatMap { $0 }
    if others.contains(where: {
      !$0.isEmpty && product.read($0.child("disabled")) != .on
        && product.read($0.child("enabled"), default: true) != .off
    }) {
      return .manual
    }
    switch nat?.child("outbound")?.word("mode") ?? "" {
    case "disabled": return .off
    case "automatic": return .automatic
    case "":
      // Before the modes there was a switch for rules of the administrator.
      return nat?.descend("advancedoutbound", "enable") == nil ? .automatic : .manual
    default: return .manual
    }
  }

  /// A rule bound to interfaces, for packets that leave by them; two where it is for both families,
  /// of which only IPv4 is translated.
  func turnedOutward(_ rule: Rule, family: AddressFamily?) -> [Rule] {
    var rule = rule
    rule.match.clauses = rule.match.clauses.map {
      if case .from(let zones) = $0 { .to(zones) } else { $0 }
    }
    let hasSource = rule.match.clauses.contains { if case .source = $0 { true } else { false } }
    guard hasSource, family != .ipv6, translation != .off else { return [rule] }
    var four = rule
    four.match.clauses = rule.match.clauses.compactMap { clause in
      guard case .source(let list) = clause else { return clause }
      return translated(list)
    }
    guard family == nil else { return [four] }
    four.match.clauses.insert(.family(.ipv4), at: 0)
    var six = rule
    six.match.clauses.insert(.family(.ipv6), at: 0)
    return [four, six]
  }

  /// What a source list asks of a packet whose source is the address of the Internet interface; nil
  /// where it holds.
  private func translated(_ list: EndpointList) -> Clause? {
    let doubt = { () -> Clause in
      .requires(
        draft.doubt(
          .unmodelled,
          "outgoing rules compare the source after translation, which the export does not settle"))
    }
    guard translation == .automatic, let sources = settled(list) else { return doubt() }
    let own = interfaces.all.first { interfaces.leadsToInternet($0.key) }?.primary
    if let own = own?.v4, let address = own.intervals.first?.lower {
      return sources.v4.contains(address)
        ? nil : .never("the source is translated before outgoing rules are asked")
    }
    // The address comes from the provider: it is not a private one of ours.
    let isPrivate = sources.subtracting(SpecialPurposeAddresses.privateUse).v4.isEmpty
    return isPrivate ? .never("the source is translated before outgoing rules are asked") : doubt()
  }

  /// The addresses of a list; nil where anything else is in it.
  private func settled(_ list: EndpointList) -> AddressSet? {
    guard list.exceptions.isEmpty else { return nil }
    var result = AddressSet()
    var waiting = list.terms
    var seen: Set<Int> = []
    while let term = waiting.popLast() {
      switch term {
      case .addresses(let set): result = result.union(set)
      case .object(let number):
        guard draft.objects.endpoints.indices.contains(number) else { return nil }
        let inner = draft.objects.endpoints[number].list
        guard !inner.negated, inner.exceptions.isEmpty else { return nil }
        if seen.insert(number).inserted { waiting += inner.terms }
      default: return nil
      }
    }
    return list.negated ? result.complement() : result
  }
}
