import EndpointCatalogue
import NetworkSets
import PolicyModel

/// A network path prepared for one port: the devices' candidate rules, and the client classes that
/// their source lists tell apart. Shared by all requirements of that port.
final class PathContext {
  let path: NetworkPath
  let port: UInt16
  let knowledge: OutsideKnowledge
  let hops: [HopContext]
  private let clients: [IPAddress]
  private let zones: [[FlowSpace.ZonePair]]

  /// Nil where a device has no policy for this kind of traffic.
  init?(path: NetworkPath, port: UInt16, knowledge: OutsideKnowledge) {
    self.path = path
    self.port = port
    self.knowledge = knowledge
    var hops: [HopContext] = []
    for (number, hop) in path.hops.enumerated() {
      guard
        let context = HopContext(
          hop: hop, number: number, port: port, family: path.family, knowledge: knowledge)
      else { return nil }
      hops.append(context)
    }
    guard !hops.isEmpty else { return nil }
    self.hops = hops
    var sources: [AddressSet] = []
    for context in hops {
      for number in context.openTests {
        switch context.compiled.tests[Int(number)] {
        case .source(let list):
          sources += list.allAddresses
          sources += list.allTags.compactMap { knowledge.tags[$0] }
        default: break
        }
      }
    }
    let universe = path.hops.lazy.compactMap(\.client.networks).first ?? .any
    clients =
      ClientClasses(universe: universe, family: path.family, cutBy: sources).representatives
    let index = ClientIndex(clients)
    for context in hops { context.clientIndex = index }
    zones = hops.reduce([[]]) { combinations, context in
      combinations.flatMap { combination in context.zonePairs.map { combination + [$0] } }
    }
  }

  /// The flows to a set of hosts and paths, cut into atoms; nil where there are too many to decide.
  func space(
    hosts: HostPattern, paths: PathPattern, samplePath: String, hints: [HostName]
  ) -> FlowSpace? {
    let patterns = dividingPatterns(hosts)
    guard !clients.isEmpty,
      let targets = targets(hosts, paths, samplePath, hints, patterns.dividing)
    else { return nil }
    let space = FlowSpace(
      port: port, family: path.family, targets: targets, clients: clients, zones: zones,
      lookAlikes: patterns.lookAlikes)
    let (partial, overflow) = targets.count.multipliedReportingOverflow(by: clients.count)
    guard !overflow, partial.multipliedReportingOverflow(by: zones.count).overflow == false,
      space.count <= FlowSpace.limit
    else { return nil }
    return space
  }

  private func targets(
    _ hosts: HostPattern, _ paths: PathPattern, _ samplePath: String, _ hints: [HostName],
    _ patterns: [URLPattern]
  ) -> [FlowSpace.Target]? {
    let pathMatters = patterns.contains { !$0.ignoresPath }
    let isHTTP = port == 80
    let maySeePath = isHTTP || hops.contains(where: \.mayDecrypt)
    if case .exact(let host) = hosts, !pathMatters || !maySeePath {
      return addresses(of: host, path: samplePath)
    }
    // Without a device that sees paths, one path stands for all of them.
    let divides = pathMatters && maySeePath
    let tail = divides ? samplePath : "/"
    // A host of the user's table gets a class of its own, so that its addresses can decide.
    let known = knowledge.addresses.keys.filter { hosts.matches($0) }.sorted()
    let question = TargetPartition(
      hosts: hosts, paths: divides ? paths : nil, patterns: patterns,
      showsHostsAlone: divides && !isHTTP, known: known,
      hints: (hints + known).map { $0.text + tail })
    guard let partition = question.answer else { return nil }
    return partition.classes.flatMap { part -> [FlowSpace.Target] in
      guard let slash = part.witness.firstIndex(of: "/"),
        let host = HostName(part.witness[..<slash])
      else { return [] }
      return addresses(
        of: host, path: divides ? String(part.witness[slash...]) : samplePath)
    }
  }

  private func addresses(of host: HostName, path: String) -> [FlowSpace.Target] {
    let known = (knowledge.addresses[host] ?? []).filter { $0.family == self.path.family }
    guard !known.isEmpty else {
      return [FlowSpace.Target(host: host, path: path, address: nil)]
    }
    return known.map { FlowSpace.Target(host: host, path: path, address: $0) }
  }

  /// The name entries that hold some but perhaps not all of the URLs in question, apart from those
  /// that could hold them only where one name stands inside another.
  private func dividingPatterns(
    _ hosts: HostPattern
  ) -> (dividing: [URLPattern], lookAlikes: [URLPattern]) {
    let all = meetingPatterns(hosts)
    guard let names = NameInsideName(hosts: hosts) else { return (all, []) }
    let lookAlikes = all.filter(names.isForeign)
    guard !lookAlikes.isEmpty else { return (all, []) }
    let foreign = Set(lookAlikes)
    return (all.filter { !foreign.contains($0) }, lookAlikes)
  }

  private func meetingPatterns(_ hosts: HostPattern) -> [URLPattern] {
    var result: Set<URLPattern> = []
    for list in hops.flatMap({ $0.destinations(for: hosts) }) {
      if case .exact(let host) = hosts {
        collect(list, host: host, into: &result)
        continue
      }
      for name in list.allNames {
        guard let host = name.pattern.hostPattern else {
          result.insert(name.pattern)
          continue
        }
        switch host.relation(to: hosts) {
        case .disjoint: break
        case .covering: if !name.pattern.ignoresPath { result.insert(name.pattern) }
        case .overlapping: result.insert(name.pattern)
        }
      }
    }
    return result.sorted { $0.text < $1.text }
  }

  private func collect(
    _ list: CompiledEndpoints, host: HostName, into result: inout Set<URLPattern>
  ) {
    for index in list.candidates(for: host) where !list.names[index].pattern.ignoresPath {
      result.insert(list.names[index].pattern)
    }
    for part in list.nested { collect(part, host: host, into: &result) }
    if let exceptions = list.exceptions { collect(exceptions, host: host, into: &result) }
  }

  /// Walks every device over the space.
  func evaluate(_ space: FlowSpace) -> FlowOutcome {
    FlowOutcome(space: space, hops: hops.map { HopOutcome(context: $0, space: space) })
  }
}
