import NetworkSets

/// One enforceable policy of a device, in terms that are the same for every product.
package struct Policy: Hashable, Sendable {
  /// The scope inside the export: vsys, device group, VDOM, policy name.
  package var scope: String
  /// Identifier of the import format, such as `panos`.
  package var format: String
  /// The product's own version text, where the export has it.
  package var productVersion: String
  /// Names of the files that ``SourcePosition/file`` counts.
  package var files: [String]
  package var zones: [Zone]
  /// Whether clients may be in zones that the policy does not list, as on a Linux host, whose rules
  /// need not name every interface.
  package var hasOpenZones = false
  package var endpointObjects: [EndpointObject]
  package var serviceObjects: [ServiceObject]
  package var tables: [Table]
  /// What traffic runs through, for each kind of traffic that the device handles.
  package var pipelines: [Pipeline]
  /// Which clients an audit should look at when the user names none.
  package var proposals: [ClientProposal]
  /// What the export does not contain, or does not settle, and how to get it.
  package var notes: [Note]

  package init(scope: String, format: String, productVersion: String = "", files: [String] = []) {
    self.scope = scope
    self.format = format
    self.productVersion = productVersion
    self.files = files
    zones = []
    endpointObjects = []
    serviceObjects = []
    tables = []
    pipelines = []
    proposals = []
    notes = []
  }

  /// Filter rules that the export writes down, disabled ones included; what importers add for
  /// defaults, profiles and settings does not count, nor does a rule that became several.
  ///
  /// A line does not tell rules apart where a whole export stands on one, as the APIs of several
  /// products give it: the pointer does, or else the product's own identifier, the name and the
  /// comment.
  package var ruleCount: Int {
    struct Place: Hashable {
      let position: SourcePosition
      let vendorID: String?
      let name: String
      let comment: String
    }
    var places: Set<Place> = []
    for table in tables where table.kind == .filter {
      for rule in table.rules where rule.origin == .written {
        let hasPointer = rule.position.pointer != nil
        places.insert(
          Place(
            position: rule.position, vendorID: rule.vendorID,
            name: hasPointer ? "" : rule.name, comment: hasPointer ? "" : rule.comment))
      }
    }
    return places.count
  }

  /// The format of a policy that was written as such, not imported from a product's export.
  package static let neutralFormat = "sallyport-policy"

  package func table(named name: String) -> Table? { tables.first { $0.name == name } }
}

/// A zone or interface that rules and clients may name.
package struct Zone: Hashable, Sendable {
  package var name: String
  /// A second name that people use (an interface description).
  package var alias: String?
  /// The networks directly attached, where the export has them.
  package var networks: AddressSet?
  /// Whether the way to the Internet leaves by this zone, as far as the export shows.
  package var leadsToInternet: Bool
  package var position: SourcePosition?

  package init(
    name: String, alias: String? = nil, networks: AddressSet? = nil, leadsToInternet: Bool = false,
    position: SourcePosition? = nil
  ) {
    self.name = name
    self.alias = alias
    self.networks = networks
    self.leadsToInternet = leadsToInternet
    self.position = position
  }
}

/// The kinds of traffic that a device treats by different rules.
package enum TrafficKind: String, Hashable, Sendable, CaseIterable {
  /// From a client through the device.
  case forwarded
  /// From the device itself; client zone `HOST`.
  case host
}

/// Which packets of a client's TCP connection a stage judges, in the order in which they come.
///
/// A connection works only if all of them pass. A stage is written from the client's view whatever
/// its phase, so that one engine walks them all: what the server sends has the client as source, the
/// server as destination, the server's port as destination port, and enters by the client's zone.
/// An importer turns the addresses, zones and ports of such rules around while it translates them,
/// and settles what the device's connection tracking says of the phase. A device that lets the later
/// packets of every connection pass that it let begin has stages of the first phase only.
package enum Phase: String, Hashable, Sendable, CaseIterable {
  /// The client's SYN.
  case firstPacket = "first-packet"
  /// The server's SYN and ACK.
  case answer
  /// What the client sends afterwards, the name of the server in TLS or HTTP included.
  case dataToServer = "data-to-server"
  /// What the server sends afterwards.
  case dataFromServer = "data-from-server"

  /// For a sentence of a report.
  package var words: String {
    switch self {
    case .firstPacket: "the first packet"
    case .answer: "the answer"
    case .dataToServer: "data to the server"
    case .dataFromServer: "data from the server"
    }
  }

  /// Whether the packets go from the server to the client.
  package var isFromServer: Bool { self == .answer || self == .dataFromServer }
}

/// The stages that a kind of traffic passes.
///
/// The stages of one phase are joined by the mode; every phase that has stages must allow.
package struct Pipeline: Hashable, Sendable {
  package enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Every stage must allow.
    case allOf = "all-of"
    /// The first stage that decides wins.
    case firstDecisive = "first-decisive"
  }

  package var traffic: TrafficKind
  package var mode: Mode
  package var stages: [Stage]
  /// The inspection table that decides about decryption, if the device can decrypt.
  package var inspection: String?

  package init(traffic: TrafficKind, mode: Mode, stages: [Stage], inspection: String? = nil) {
    self.traffic = traffic
    self.mode = mode
    self.stages = stages
    self.inspection = inspection
  }
}

/// One step of a pipeline.
package struct Stage: Hashable, Sendable {
  /// Name of the table where the walk starts.
  package var table: String
  /// Families that pass this stage; others skip it.
  package var families: [AddressFamily]
  /// Whether the stage exists for other reasons than filtering (translation, packages), so that
  /// letting a flow through there is not worth a word; what it denies counts like any other.
  ///
  /// In a later phase it tells two things apart: a stage that only keeps answers or data from coming
  /// through, whose denial is a fault of its own (reason `no-answer`), and one where the device
  /// judges by what it can see only then, such as the name in TLS.
  package var isAuxiliary: Bool
  /// The packets that pass this stage.
  package var phase: Phase

  package init(
    table: String, families: [AddressFamily] = AddressFamily.allCases, isAuxiliary: Bool = false,
    phase: Phase = .firstPacket
  ) {
    self.table = table
    self.families = families
    self.isAuxiliary = isAuxiliary
    self.phase = phase
  }
}

/// Where endpoint computers sit, as the policy sees them.
package struct Client: Hashable, Sendable {
  package var traffic: TrafficKind
  /// Entering zone or interface; nil where the product has none or the user left it open.
  package var fromZone: String?
  /// Leaving zone; nil where it plays no part or is open.
  package var toZone: String?
  /// Addresses of the client computers; nil for every address.
  package var networks: AddressSet?

  package init(
    traffic: TrafficKind = .forwarded, fromZone: String? = nil, toZone: String? = nil,
    networks: AddressSet? = nil
  ) {
    self.traffic = traffic
    self.fromZone = fromZone
    self.toZone = toZone
    self.networks = networks
  }
}

/// A client that the export itself suggests, with the reason.
package struct ClientProposal: Hashable, Sendable {
  package var client: Client
  /// Such as `zone trust, 192.0.2.0/24 on ethernet1/2`.
  package var reason: String

  package init(client: Client, reason: String) {
    self.client = client
    self.reason = reason
  }
}

/// Something that a reader must know about an imported policy.
package struct Note: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The export lacks a part that the device has.
    case completeness
    /// An element that was not understood and became a condition or was passed over.
    case unmodelled
    /// A reference to something that is not in the export.
    case unresolved
    /// A value that was read in a way that the reader should know (masked host bits, encoding).
    case reading
    /// Something that acts on the traffic but cannot decide a verdict (threat feeds, IPS).
    case advisory
  }

  package var kind: Kind
  package var text: String
  package var position: SourcePosition?

  package init(_ kind: Kind, _ text: String, at position: SourcePosition? = nil) {
    self.kind = kind
    self.text = text
    self.position = position
  }
}
