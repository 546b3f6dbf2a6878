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

  /// The flows to a set of hosts and paths, or why they cannot be told apart.
  enum Cut {
    case space(FlowSpace)
    case undecided(String)
  }

  /// The flows to a set of hosts and paths, cut into atoms; nil where there are too many to decide.
  func space(
    hosts: HostPattern, paths: PathPattern, samplePath: String, hints: [HostName]
  ) -> FlowSpace? {
    guard case .space(let space) = cut(hosts, paths, samplePath: samplePath, hints: hints) else {
      return nil
    }
    return space
  }

  func cut(
    _ hosts: HostPattern, _ paths: PathPattern, samplePath: String, hints: [HostName]
  ) -> Cut {
    guard !clients.isEmpty else { return .undecided("the client has no address of the family") }
    let isHTTP = port == 80
    let seesPaths = isHTTP || hops.contains(where: \.mayDecrypt)
    let known = knowledge.addresses.keys.filter { hosts.matches($0) }.sorted()
    var questions = NameQuestions(
      hosts: hosts, paths: (seesPaths, seesPaths && !isHTTP), known: known)
    for hop in hops { questions.add(hop) }
    // Without a device that sees paths, one path stands for all of them.
    let divides = questions.usesPaths && seesPaths
    let targets: [FlowSpace.Target]
    if case .exact(let host) = hosts, questions.tables.isEmpty {
      targets = addresses(of: host, path: samplePath)
    } else {
      let tail = divides ? samplePath : "/"
      let partition = TargetPartition(
        universe: URLUniverse(
          hosts: hosts, paths: divides ? paths : nil,
          hints: (hints + known).map { $0.text + tail }),
        tables: questions.tables)
      switch partition.answer {
      case .samples(let samples):
        targets = samples.flatMap { sample in
          addresses(of: sample.host, path: divides ? sample.path : samplePath)
        }
      case .undecided(let table, let question):
        return .undecided(Self.obstacle(questions, table, question))
      }
    }
    let space = FlowSpace(
      port: port, family: path.family, targets: targets, clients: clients, zones: zones,
      lookAlikes: questions.lookAlikes.sorted { $0.text < $1.text })
    let (partial, overflow) = targets.count.multipliedReportingOverflow(by: clients.count)
    guard !overflow, partial.multipliedReportingOverflow(by: zones.count).overflow == false,
      space.count <= FlowSpace.limit
    else {
      return .undecided(
        "the rules tell apart \(targets.count) kinds of hosts, \(clients.count) of clients and "
          + "\(zones.count) of ways, too many together")
    }
    return .space(space)
  }

  private static func obstacle(
    _ questions: NameQuestions, _ table: Int, _ question: Int
  ) -> String {
    guard questions.rules[table].indices.contains(question) else {
      return "the table of addresses has too many hosts"
    }
    let (device, key) = questions.rules[table][question]
    let name = device.compiled.policy.tables[key.table].rules[key.rule].name
    return "which hosts rule \(key.rule + 1) `\(name)` of "
      + "`\(device.compiled.policy.tables[key.table].name)` takes is too much to decide"
  }

  private func addresses(of host: HostName, path: String) -> [FlowSpace.Target] {
    let known = (knowledge.addresses[host] ?? []).filter { $0.family == self.path.family }
    guard !known.isEmpty else {
      return [FlowSpace.Target(host: host, path: path, address: nil)]
    }
    return known.map { FlowSpace.Target(host: host, path: path, address: $0) }
  }

  /// Walks every device over the space.
  func evaluate(_ space: FlowSpace) -> FlowOutcome {
    FlowOutcome(space: space, hops: hops.map { HopOutcome(context: $0, space: space) })
  }
}
