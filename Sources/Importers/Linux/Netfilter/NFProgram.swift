import ImportKit

/// A chain with what the compiler must know of it.
struct NFChain {
  /// Name of its table in the model.
  let table: String
  let ruleCount: Int
  /// What happens at its end.
  let end: DefaultAction
  /// Set for chains at a hook of the kernel.
  var base: Base?

  struct Base {
    /// In lower case.
    let hook: String
    let priority: Int
    let families: [AddressFamily]
    /// Chains that translate addresses see the first packet of a connection only.
    let translates: Bool
    /// Whether the chain is there to filter this traffic.
    let filters: Bool
  }
}

/// What the text of a rule shows without being translated.
struct NFTraits {
  /// Whether it changes a mark or switches tracking off.
  var changes = false
  /// Whether what it changes outlasts the packet: a connection mark, tracking.
  var carries = false
  /// Whether it asks for a mark, or for what tracking says.
  var asks = false
  /// Whether it can stop a packet by itself.
  var stops = false
  /// Whether it tells packets of one phase apart, or leaves a mark with the connection that the next
  /// of the same phase meets.
  var tellsPacketsApart = false
  /// Whether it looks different to routed and to own packets.
  var dependsOnTraffic = false
  /// Whether it looks different at different hooks.
  var dependsOnHook = false
  /// Chains that it leads to, by number.
  var targets: [Int] = []

  mutating func formUnion(_ other: NFTraits) {
    changes = changes || other.changes
    carries = carries || other.carries
    asks = asks || other.asks
    stops = stops || other.stops
    tellsPacketsApart = tellsPacketsApart || other.tellsPacketsApart
    dependsOnTraffic = dependsOnTraffic || other.dependsOnTraffic
    dependsOnHook = dependsOnHook || other.dependsOnHook
    targets += other.targets
  }
}

/// The rules of a dump, as an importer gives them to the compiler.
protocol NFRules: AnyObject {
  var chains: [NFChain] { get }
  /// Whether some rule of the dump gives connections another source address.
  var translatesSources: Bool { get }
  /// The marks with which packets and connections start; nil where the dump does not tell.
  var startingMark: UInt32? { get }
  var startingConnectionMark: UInt32? { get }
  func traits(chain: Int, rule: Int) -> NFTraits
  func branches(chain: Int, rule: Int, view: NFView) -> [NFBranch]
}

extension TrafficKind {
  /// The hooks that a packet passes, in order. Source: nft(8), "ADDRESS FAMILIES".
  func hooks(of packet: NFPacket) -> [String] {
    switch self {
    case .forwarded: ["ingress", "prerouting", "forward", "postrouting", "egress"]
    case .host:
      packet.isFromServer
        ? ["ingress", "prerouting", "input"] : ["output", "postrouting", "egress"]
    }
  }
}

/// The chains at the hooks, with what lies behind each of them.
struct NFHooks {
  private let rules: any NFRules
  /// For each chain what it and all chains that it leads to can do.
  private(set) var reach: [NFTraits]

  init(_ rules: any NFRules) {
    self.rules = rules
    var own: [NFTraits] = []
    for (number, chain) in rules.chains.enumerated() {
      var traits = NFTraits()
      for rule in 0..<chain.ruleCount { traits.formUnion(rules.traits(chain: number, rule: rule)) }
      traits.targets = Array(Set(traits.targets)).sorted()
      own.append(traits)
    }
    reach = own
    // Until nothing changes: each round carries what a chain can do one call farther.
    var changed = true
    while changed {
      changed = false
      for number in reach.indices {
        var next = reach[number]
        for target in own[number].targets {
          var seen = reach[target]
          seen.targets = []
          next.formUnion(seen)
        }
        if next.changes != reach[number].changes || next.carries != reach[number].carries
          || next.asks != reach[number].asks
          || next.stops != reach[number].stops
          || next.tellsPacketsApart != reach[number].tellsPacketsApart
          || next.dependsOnTraffic != reach[number].dependsOnTraffic
          || next.dependsOnHook != reach[number].dependsOnHook
        {
          changed = true
        }
        reach[number] = next
      }
    }
  }

  /// The base chains that a packet passes, in order.
  func bases(_ traffic: TrafficKind, _ packet: NFPacket, _ family: AddressFamily) -> [Int] {
    traffic.hooks(of: packet).flatMap { hook in
      rules.chains.indices.filter { number in
        guard let base = rules.chains[number].base else { return false }
        return base.hook == hook && base.families.contains(family)
          && !(base.translates && packet != .first)
      }
      .sorted { (priority($0), $0) < (priority($1), $1) }
    }
  }

  private func priority(_ chain: Int) -> Int { rules.chains[chain].base?.priority ?? 0 }

  /// Whether a base chain can stop a packet.
  func stops(_ chain: Int) -> Bool {
    reach[chain].stops || rules.chains[chain].end.outcome != .allow
  }
}
