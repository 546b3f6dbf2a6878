import NetworkSets
import PolicyModel

extension CompiledPolicy {
  /// Whether a rule never gets its turn, whatever the flow: an earlier rule of its table takes for
  /// certain all that it could take. Found from the rules' own words, so that it holds for every
  /// host, port, client and way; rules that only together take everything are not seen.
  ///
  /// - Returns: the place of that earlier rule.
  func coveringRule(of key: RuleKey) -> Int? {
    let rules = tables[key.table].rules
    let covered = rules[key.rule].tests
    return rules[..<key.rule].firstIndex { rule in
      rule.enabled && rule.action.endsTable
        && rule.tests.allSatisfy { test in
          covered.contains(test) && isDecided(test) || covered.contains { implies($0, test) }
        }
    }
  }

  /// Whether a test is answered by yes or no for every flow.
  private func isDecided(_ test: Int32) -> Bool {
    switch tests[Int(test)] {
    case .family, .from, .to, .zonePair: true
    case .source(let list): list.isMadeOfAddresses || list.isEverything
    case .destination(let list, _): list.isMadeOfNames || list.isEverything
    case .service(let list): list.isPlain
    case .application, .requires, .never: false
    }
  }

  /// Whether whatever meets one test meets the other for certain.
  private func implies(_ one: Int32, _ other: Int32) -> Bool {
    switch (tests[Int(one)], tests[Int(other)]) {
    case (_, .source(let wide)) where wide.isEverything: return true
    case (_, .destination(let wide, _)) where wide.isEverything: return true
    case (.from(let narrow), .from(let wide)), (.to(let narrow), .to(let wide)):
      return !narrow.negated && !wide.negated
        && narrow.names.allSatisfy { wide.names.contains($0) || wide.contains($0) }
    case (.source(let narrow), .source(let wide)):
      return narrow.isMadeOfAddresses && wide.isMadeOfAddresses && !narrow.negated && !wide.negated
        && AddressFamily.allCases.allSatisfy {
          wide.addresses.isSuperset(of: narrow.addresses, in: $0)
        }
    case (.destination(let narrow, _), .destination(let wide, _)):
      return narrow.isMadeOfNames && wide.isMadeOfNames
        && narrow.names.allSatisfy { name in
          guard let host = name.pattern.hostPattern else { return false }
          return wide.names.contains {
            $0.pattern.ignoresPath && $0.pattern.hostPattern?.relation(to: host) == .covering
          }
        }
    case (.service(let narrow), .service(let wide)):
      return narrow.isPlain && wide.isPlain
        && narrow.services.allSatisfy { service in
          wide.services.contains {
            ($0.protocol == nil || $0.protocol == service.protocol)
              && $0.destinationPorts.isSuperset(of: service.destinationPorts)
              && $0.sourcePorts.isSuperset(of: service.sourcePorts)
          }
        }
    default: return false
    }
  }
}

extension CompiledEndpoints {
  /// Whether the list holds everything, whatever its other terms.
  fileprivate var isEverything: Bool { matchesAll && !negated && exceptions == nil }

  /// Whether the list holds names that the device sees for itself, and nothing else.
  fileprivate var isMadeOfNames: Bool {
    !matchesAll && !negated && exceptions == nil && addresses.isEmpty && tags.isEmpty
      && categories.isEmpty && doubts.isEmpty && nested.isEmpty && !names.isEmpty
      && names.allSatisfy { $0.binding == .observed && $0.pattern.ignoresPath }
  }
}

extension CompiledServices {
  fileprivate var isPlain: Bool { !negated && doubts.isEmpty && nested.isEmpty }
}
