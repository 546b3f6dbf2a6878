import NetworkSets
import PolicyModel

/// A rule that nearly allows a flow which is denied, and what keeps it from doing so.
struct NearMiss: Sendable {
  enum Kind: Sendable {
    case shadowed
    case disabled
    case wrongPort(PortSet)
    /// The rule is for other clients.
    case otherClients
    /// The rule is for other hosts or paths under the same requirement.
    case otherTargets
  }

  let kind: Kind
  let rule: RuleKey
}

extension HopOutcome {
  /// Looks for the allow rule nearest to letting an atom through, among the rules of the table
  /// that decided against it: a later rule that matches, a disabled one, one for another port, one
  /// for other clients; the first of each kind, in this order.
  func nearMiss(of atom: Int, decidedBy source: Decision.Source) -> NearMiss? {
    let context = evaluator.context
    let tableNumber: Int
    var after = -1
    switch source {
    case .rule(let key), .gate(let key, _):
      tableNumber = key.table
      after = key.rule
    case .tableDefault(let number): tableNumber = number
    case .missingTable: return nil
    }
    var found: [Int: NearMiss] = [:]
    func offer(_ rank: Int, _ miss: NearMiss) {
      if found[rank] == nil { found[rank] = miss }
    }
    let nearby = testsNearby(evaluator.space.target(of: atom).host)
    let indexed = context.compiled.hostIndex.indexed
    for (index, rule) in context.compiled.tables[tableNumber].rules.enumerated() {
      guard case .allow = rule.action else { continue }
      // A rule for hosts that have nothing to do with this one is near in no way.
      if rule.tests.contains(where: { indexed.contains($0) && !nearby.contains($0) }) { continue }
      let key = RuleKey(table: tableNumber, rule: index)
      if standsForMissingRules(key) { continue }
      var failing: [Int32] = []
      for test in rule.tests where evaluator.truth(of: test, atom: atom) == .no {
        failing.append(test)
        if failing.count > 1 { break }
      }
      if failing.isEmpty {
        if !rule.enabled {
          offer(1, NearMiss(kind: .disabled, rule: key))
        } else if index > after, after >= 0 {
          offer(0, NearMiss(kind: .shadowed, rule: key))
        }
        continue
      }
      guard failing.count == 1, rule.enabled else { continue }
      switch context.compiled.tests[Int(failing[0])] {
      case .service(let list):
        let ports = list.tcpPorts
        let isForTheWeb = ports.contains(80) || ports.contains(443)
        // A rule for ping or name servers is no place for web traffic.
        if isForTheWeb || (!ports.isEmpty && namesDestination(.rule(key))) {
          offer(2, NearMiss(kind: .wrongPort(ports), rule: key))
        }
      case .source: offer(4, NearMiss(kind: .otherClients, rule: key))
      case .destination(let list, _) where mentionsRelated(list, atom: atom):
        offer(3, NearMiss(kind: .otherTargets, rule: key))
      default: break
      }
    }
    return found.min { $0.key < $1.key }?.value
  }

  /// Indexed tests that hold a host, or names below its parent domain.
  private func testsNearby(_ host: HostName) -> Set<Int32> {
    let index = evaluator.context.compiled.hostIndex
    let own = index.tests(for: host)
    guard let dot = host.text.firstIndex(of: "."),
      let parent = HostName(host.text[host.text.index(after: dot)...]),
      let family = index.tests(for: .apexAndSubdomains(parent))
    else { return own }
    return own.union(family)
  }

  /// Whether a rule only says that something may allow which is not in the export: nothing that an
  /// administrator could move or repair.
  private func standsForMissingRules(_ key: RuleKey) -> Bool {
    let compiled = evaluator.context.compiled
    guard compiled.policy.tables[key.table].rules[key.rule].origin == .implied else { return false }
    return compiled.tables[key.table].rules[key.rule].tests.contains {
      if case .requires = compiled.tests[Int($0)] { true } else { false }
    }
  }

  /// Whether a list names hosts of the same parent domain as the atom's, so that extending the
  /// rule is the natural repair.
  private func mentionsRelated(_ list: CompiledEndpoints, atom: Int) -> Bool {
    guard list.hasNames else { return false }
    let host = evaluator.space.target(of: atom).host
    guard let dot = host.text.firstIndex(of: "."),
      let parent = HostName(host.text[host.text.index(after: dot)...]), parent.labelCount > 1
    else { return false }
    return list.allNames.contains { name in
      switch name.pattern.hostPattern {
      case .exact(let other), .subdomains(let other), .apexAndSubdomains(let other),
        .oneLabel(let other):
        return other == host || other == parent || other.isSubdomain(of: parent)
      default: return false
      }
    }
  }
}
