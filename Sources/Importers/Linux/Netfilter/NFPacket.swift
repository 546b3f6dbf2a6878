import ImportKit

/// One packet of a client's TCP connection as netfilter's rules meet it.
///
/// A connection needs all of ``all`` to pass: the handshake, and something said in both directions.
/// Packets of one phase that no rule of a dump tells apart are judged as one; see
/// ``NFCompiler``.
struct NFPacket: Hashable {
  let phase: Phase
  /// The flags of the TCP header, FIN the lowest bit.
  let flags: UInt8
  /// Whether there is something behind the header.
  let hasPayload: Bool
  /// For the name of a table; the same for no two packets.
  let words: String

  var isFromServer: Bool { phase.isFromServer }

  static let synchronise: UInt8 = 0x02
  private static let acknowledge: UInt8 = 0x10
  private static let push: UInt8 = 0x08

  static let first = NFPacket(
    phase: .firstPacket, flags: synchronise, hasPayload: false, words: "the first packet")
  static let answer = NFPacket(
    phase: .answer, flags: synchronise | acknowledge, hasPayload: false, words: "the answer")
  static let toServer = NFPacket(
    phase: .dataToServer, flags: acknowledge | push, hasPayload: true, words: "data to the server")
  static let fromServer = NFPacket(
    phase: .dataFromServer, flags: acknowledge | push, hasPayload: true,
    words: "data from the server")
  /// Packets that only acknowledge what came.
  static let acknowledgement = NFPacket(
    phase: .dataToServer, flags: acknowledge, hasPayload: false,
    words: "acknowledgements to the server")
  static let serverAcknowledgement = NFPacket(
    phase: .dataFromServer, flags: acknowledge, hasPayload: false,
    words: "acknowledgements from the server")

  /// In the order in which they come first.
  static let all = [
    first, answer, acknowledgement, toServer, serverAcknowledgement, fromServer,
  ]
  /// One a phase.
  static let onePerPhase = [first, answer, toServer, fromServer]
}

/// What connection tracking says of a packet.
///
/// Source: net/netfilter/nf_conntrack_core.c (`resolve_normal_ct`), nf_conntrack_proto_tcp.c
/// (`tcp_conntracks`, `tcp_new`); nft(8), "CT EXPRESSIONS"; iptables-extensions(8), conntrack.
enum NFTracking: Hashable {
  case new
  case establishedOriginal
  case establishedReply
  /// Tracking is switched off for the packet.
  case untracked
  /// Tracked, and belonging to no connection that is known, or asked before tracking has seen it.
  case invalid
  /// What a server sends in the middle of a connection whose beginning was not tracked: it is taken
  /// for the beginning of another (sysctl nf_conntrack_tcp_loose, which is on as a standard).
  case pickedUpFromServer
  /// Depends on how the kernel's state machine takes a connection tracked by halves.
  case open

  /// The name of the state that rules ask for; nil where it is open.
  var state: String? {
    switch self {
    case .new, .pickedUpFromServer: "new"
    case .establishedOriginal, .establishedReply: "established"
    case .untracked: "untracked"
    case .invalid: "invalid"
    case .open: nil
    }
  }

  /// Whether the packet belongs to an entry of the table of connections; nil where it is open.
  var isTracked: Bool? {
    switch self {
    case .new, .establishedOriginal, .establishedReply, .pickedUpFromServer: true
    case .untracked, .invalid: false
    case .open: nil
    }
  }

  /// Whether the packet goes in the direction of its connection's first; nil where it is open or
  /// there is no connection.
  var isOriginal: Bool? {
    switch self {
    case .new, .establishedOriginal, .pickedUpFromServer: true
    case .establishedReply: false
    case .untracked, .invalid, .open: nil
    }
  }
}

/// What rules may change on the way of a connection's packets, and others may ask for.
struct NFState: Hashable {
  /// The mark of the packet; nil where the dump does not tell.
  var mark: UInt32?
  /// The mark of the connection.
  var connectionMark: UInt32?
  /// Whether tracking was switched off for this packet.
  var isUntracked = false
  /// Whether the client's first packet and its answer were tracked, as far as they came by.
  var firstWasTracked = true
  var answerWasTracked = true

  /// What is left for the next packet of the connection.
  func after(_ packet: NFPacket, startingMark: UInt32?) -> NFState {
    var next = self
    if packet == .first { next.firstWasTracked = !isUntracked }
    if packet == .answer { next.answerWasTracked = !isUntracked }
    next.isUntracked = false
    next.mark = startingMark
    return next
  }

  /// What tracking says of a packet once it has seen it.
  func tracking(of packet: NFPacket) -> NFTracking {
    if isUntracked { return .untracked }
    switch packet.phase {
    case .firstPacket: return .new
    // A SYN and ACK without a connection begins none: sIV in row "synack" of `tcp_conntracks`.
    case .answer: return firstWasTracked ? .establishedReply : .invalid
    case .dataToServer:
      guard firstWasTracked else { return .open }
      // An ACK in state SYN_SENT is invalid: row "ack".
      return answerWasTracked ? .establishedOriginal : .invalid
    case .dataFromServer:
      guard firstWasTracked else { return .pickedUpFromServer }
      return answerWasTracked ? .establishedReply : .open
    }
  }
}

/// From where a rule is looked at: at which hook, by which packet of which traffic, in which state.
///
/// Rules speak of packets, the model of flows from the client's view; for packets from the server
/// everything is turned around here.
struct NFView: Hashable {
  let traffic: TrafficKind
  /// `prerouting`, `forward` and so on, in lower case.
  let hook: String
  let priority: Int
  let packet: NFPacket
  var state: NFState
  /// Whether some rule of the dump gives connections another source address.
  let translatesSources: Bool

  /// Tracking sees a packet at priority -200 of prerouting and output (nft(8), "netfilter hook
  /// priorities"; linux/netfilter_ipv4.h): what stands ahead of it finds no connection.
  static let trackingPriority = -200
  private static let sourceTranslation = 100
  private static let destinationTranslation = -100

  var isAheadOfTracking: Bool {
    hook == "ingress"
      || (hook == "prerouting" || hook == "output") && priority < Self.trackingPriority
  }

  var tracking: NFTracking {
    guard isAheadOfTracking else { return state.tracking(of: packet) }
    return state.isUntracked ? .untracked : .invalid
  }

  /// Whether a packet has an entering interface at the hook.
  ///
  /// Routed packets still have one in postrouting from Linux 5.7 on (commit 28f8bfd1ac94, "Support
  /// iif matches in POSTROUTING").
  var knowsEntering: Bool {
    ["ingress", "prerouting", "input", "forward"].contains(hook)
      || traffic == .forwarded && hook == "postrouting"
  }
  var knowsLeaving: Bool { ["forward", "output", "postrouting", "egress"].contains(hook) }

  /// Whether the client's address may be another one in the packet at this hook: before the answer's
  /// destination is turned back, and after the source of the client's packets is translated.
  ///
  /// Of a machine's own packets the address is its own either way.
  var hasOtherClientAddress: Bool {
    guard translatesSources, traffic == .forwarded else { return false }
    if packet.isFromServer {
      return hook == "ingress" || hook == "prerouting" && priority < Self.destinationTranslation
    }
    return hook == "egress" || hook == "postrouting" && priority > Self.sourceTranslation
  }

  // MARK: Turning

  func addresses(_ list: EndpointList, isSource: Bool) -> Clause {
    isSource != packet.isFromServer ? .source(list) : .destination(list)
  }

  /// Whether the packet's source, or destination, is the client.
  func isClient(source: Bool) -> Bool { source != packet.isFromServer }

  func interface(_ list: ZoneList, isEntering: Bool) -> Clause {
    isEntering != packet.isFromServer ? .from(list) : .to(list)
  }

  /// A service with the ports as they stand in the packet.
  func service(_ number: UInt8?, ports: PortSet, isSource: Bool) -> Service {
    isSource != packet.isFromServer
      ? Service(protocol: number, sourcePorts: ports)
      : Service(protocol: number, destinationPorts: ports)
  }
}

/// A mark of the packet or of the connection.
enum NFMarkKind: Hashable {
  case packet
  case connection

  var words: String { self == .packet ? "mark" : "connection mark" }
}

/// A change of a mark: what is kept of it, what comes in from the other mark, and what is flipped.
struct NFMarkChange: Hashable {
  let target: NFMarkKind
  /// Bits that stay.
  let keep: UInt32
  var source: NFMarkKind?
  var sourceMask: UInt32 = 0
  var flip: UInt32 = 0

  func apply(to state: inout NFState) {
    func value(_ kind: NFMarkKind) -> UInt32? {
      kind == .packet ? state.mark : state.connectionMark
    }
    let kept: UInt32? = keep == 0 ? 0 : value(target).map { $0 & keep }
    let taken: UInt32? = source.map { kind in value(kind).map { $0 & sourceMask } } ?? 0
    let result = kept.flatMap { own in taken.map { (own ^ $0) ^ flip } }
    switch target {
    case .packet: state.mark = result
    case .connection: state.connectionMark = result
    }
  }
}

/// What a rule changes besides deciding.
enum NFEffect: Hashable {
  case change(NFMarkChange)
  /// A mark becomes something that the rule does not tell.
  case forget(NFMarkKind)
  case doNotTrack

  func apply(to state: inout NFState, at view: NFView) {
    switch self {
    case .change(let change):
      // Without a connection there is no mark of it to be set or read.
      if change.target == .connection || change.source == .connection {
        guard view.tracking.isTracked != false else { return }
        if view.tracking.isTracked == nil {
          NFEffect.forget(change.target).apply(to: &state, at: view)
          return
        }
      }
      change.apply(to: &state)
    case .forget(.packet): state.mark = nil
    case .forget(.connection): state.connectionMark = nil
    case .doNotTrack:
      // Later than that a packet has its connection already.
      if view.isAheadOfTracking { state.isUntracked = true }
    }
  }

  /// Whether the effect can play a part in a chain.
  func matters(at view: NFView) -> Bool {
    if case .doNotTrack = self { return view.isAheadOfTracking }
    return true
  }
}

/// What a rule comes to in a view: what it asks for, what it changes, what it then does.
struct NFBranch {
  /// With name, number, position and clauses; its action is replaced by ``action``.
  var rule: Rule
  var effects: [NFEffect] = []
  var action: Action

  enum Action: Hashable {
    case allow
    case deny(PolicyModel.Action.Denial)
    case `return`
    case `continue`
    /// By the chain's number.
    case jump(Int)
    case goto(Int)
  }

  /// Whether no TCP packet meets it.
  var isImpossible: Bool {
    rule.match.clauses.contains { clause in
      switch clause {
      case .never: true
      case .service(let list) where !list.negated:
        list.terms.allSatisfy { term in
          if case .service(let service) = term {
            service.protocol != nil && service.protocol != Service.tcpNumber
          } else {
            false
          }
        }
      default: false
      }
    }
  }
}
