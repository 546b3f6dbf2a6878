import NetworkSets

/// Finds the destination tests that can say anything but no about a host.
///
/// A list that holds nothing but indexable names says no about every host that is not among them
/// or below them. Looking a host up costs its labels; looking up all hosts below a name, the
/// entries there.
struct HostIndex: Sendable {
  /// Tests that only the hosts looked up below can match.
  private(set) var indexed: Set<Int32> = []
  private var exact: [String: [Int32]] = [:]
  private var parents: [String: [Int32]] = [:]
  /// By every domain above a name of the list, the name itself included.
  private var below: [String: [Int32]] = [:]

  /// Takes a test into the index where that is possible.
  mutating func insert(_ test: Int32, _ list: CompiledEndpoints) {
    guard list.isMadeOfIndexableNames else { return }
    indexed.insert(test)
    for name in list.names {
      switch name.pattern.hostPattern {
      case .exact(let host):
        exact[host.text, default: []].append(test)
        insert(test, above: host)
      case .subdomains(let host), .apexAndSubdomains(let host), .oneLabel(let host):
        parents[host.text, default: []].append(test)
        insert(test, above: host)
      default: break
      }
    }
  }

  private mutating func insert(_ test: Int32, above host: HostName) {
    for domain in Self.domains(of: host) where below[domain]?.last != test {
      below[domain, default: []].append(test)
    }
  }

  /// The indexed tests that may match some of the hosts; nil where that is not known.
  func tests(for hosts: HostPattern) -> Set<Int32>? {
    switch hosts {
    case .exact(let host): return tests(for: host)
    case .subdomains(let host), .apexAndSubdomains(let host), .oneLabel(let host):
      return tests(for: host).union(below[host.text] ?? [])
    default: return nil
    }
  }

  func tests(for host: HostName) -> Set<Int32> {
    var result = Set(exact[host.text] ?? [])
    for domain in Self.domains(of: host) { result.formUnion(parents[domain] ?? []) }
    return result
  }

  /// The name and the domains that it lies in.
  private static func domains(of host: HostName) -> [String] {
    var result = [host.text]
    var rest = host.text[...]
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      result.append(String(rest))
    }
    return result
  }
}
