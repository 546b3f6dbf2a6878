import JSONTree
import NetworkSets
import PolicyModel

/// Writes policies in Sallyport's neutral JSON (`sallyport.policy/1`).
///
/// The form is canonical: equal policies give equal bytes, and members that have their usual value
/// are left out. It is what golden tests compare, what the inventory stores piece by piece, and
/// what a user may write for a product that no importer reads.
package struct PolicyWriter {
  package static let schema = "sallyport.policy/1"

  private let policy: Policy

  package init(_ policy: Policy) { self.policy = policy }

  /// The whole policy.
  package func write(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.object { writer in
      writeHeader(&writer, positions: true)
      writer.member("endpoint_objects", each: policy.endpointObjects) {
        write(&$0, endpointObject: $1, positions: true)
      }
      writer.member("service_objects", each: policy.serviceObjects) {
        write(&$0, serviceObject: $1, positions: true)
      }
      writer.member("tables", each: policy.tables) { writer, table in
        writer.object { writer in
          writeTableHead(&writer, table, positions: true)
          writer.member("rules", each: table.rules) { write(&$0, rule: $1, positions: true) }
        }
      }
    }
    return writer.bytes
  }

  /// Everything but objects and rules, without positions and file names: what changes seldom and is
  /// stored in one piece.
  package func header() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writeHeader(&writer, positions: false)
      writer.member("tables", each: policy.tables) { writer, table in
        writer.object { writeTableHead(&$0, table, positions: false) }
      }
    }
    return writer.bytes
  }

  /// Rules without their positions and vendor ids: what counts when two versions are compared. (The
  /// handles of nftables are numbered anew at each load, so an id is no content.)
  package func contents(of rules: ArraySlice<Rule>) -> [[UInt8]] {
    Self.pieces(rules) { write(&$0, rule: $1, positions: false) }
  }

  /// Objects without their positions.
  package func contents(of objects: ArraySlice<EndpointObject>) -> [[UInt8]] {
    Self.pieces(objects) { write(&$0, endpointObject: $1, positions: false) }
  }

  /// Service objects without their positions.
  package func contents(of objects: ArraySlice<ServiceObject>) -> [[UInt8]] {
    Self.pieces(objects) { write(&$0, serviceObject: $1, positions: false) }
  }

  /// Each item in a text of its own.
  private static func pieces<Item>(
    _ items: ArraySlice<Item>, _ write: (inout JSONWriter, Item) -> Void
  ) -> [[UInt8]] {
    var writer = JSONWriter()
    return items.map { item in
      write(&writer, item)
      return writer.take()
    }
  }

  // MARK: Parts

  private func writeHeader(_ writer: inout JSONWriter, positions: Bool) {
    writer.member("schema", Self.schema)
    writer.member("scope", policy.scope)
    writer.member("format", policy.format)
    if !policy.productVersion.isEmpty { writer.member("product_version", policy.productVersion) }
    if positions { writer.member("files", policy.files) }
    writer.member("zones", each: policy.zones) { writer, zone in
      writer.object { writer in
        writer.member("name", zone.name)
        if let alias = zone.alias { writer.member("alias", alias) }
        if let networks = zone.networks { writer.member("networks", networks.texts) }
        if zone.leadsToInternet { writer.member("leads_to_internet", true) }
        if positions { write(&writer, position: zone.position) }
      }
    }
    if policy.hasOpenZones { writer.member("open_zones", true) }
    writer.member("pipelines", each: policy.pipelines) { writer, pipeline in
      writer.object { writer in
        writer.member("traffic", pipeline.traffic.rawValue)
        writer.member("mode", pipeline.mode.rawValue)
        if let inspection = pipeline.inspection { writer.member("inspection", inspection) }
        writer.member("stages", each: pipeline.stages) { writer, stage in
          writer.object { writer in
            writer.member("table", stage.table)
            if stage.families != AddressFamily.allCases {
              writer.member("families", stage.families.map(\.rawValue))
            }
            if stage.isAuxiliary { writer.member("auxiliary", true) }
            if stage.phase != .firstPacket { writer.member("phase", stage.phase.rawValue) }
          }
        }
      }
    }
    writer.member("proposals", each: policy.proposals) { writer, proposal in
      writer.object { writer in
        writer.member("traffic", proposal.client.traffic.rawValue)
        if let zone = proposal.client.fromZone { writer.member("from_zone", zone) }
        if let zone = proposal.client.toZone { writer.member("to_zone", zone) }
        if let networks = proposal.client.networks { writer.member("networks", networks.texts) }
        writer.member("reason", proposal.reason)
      }
    }
    writer.member("notes", each: policy.notes) { writer, note in
      writer.object { writer in
        writer.member("kind", note.kind.rawValue)
        writer.member("text", note.text)
        if positions { write(&writer, position: note.position) }
      }
    }
  }

  private func writeTableHead(_ writer: inout JSONWriter, _ table: Table, positions: Bool) {
    writer.member("name", table.name)
    if table.kind != .filter { writer.member("kind", table.kind.rawValue) }
    writer.member("default") { writer in
      writer.member("outcome", table.defaultAction.outcome.rawValue)
      writer.member("name", table.defaultAction.name)
      if positions { write(&writer, position: table.defaultAction.position) }
    }
  }

  private func write(_ writer: inout JSONWriter, position: SourcePosition?) {
    guard let position else { return }
    writer.member("position") { writer in
      if position.file != 0 { writer.member("file", position.file) }
      writer.member("line", position.line)
      if let pointer = position.pointer { writer.member("pointer", pointer) }
    }
  }

  private func write(_ writer: inout JSONWriter, rule: Rule, positions: Bool) {
    writer.object { writer in
      writer.member("name", rule.name)
      if positions, let id = rule.vendorID { writer.member("id", id) }
      if !rule.enabled { writer.member("enabled", false) }
      writer.member("action", rule.action.word)
      switch rule.action {
      case .allow(let gates): if !gates.isEmpty { writer.member("gates", gates) }
      case .jump(let table), .goto(let table): writer.member("target", table)
      default: break
      }
      writer.member("match", each: rule.match.clauses) { write(&$0, clause: $1) }
      if rule.decrypts { writer.member("decrypts", true) }
      if !rule.comment.isEmpty { writer.member("comment", rule.comment) }
      if rule.origin != .written { writer.member("origin", rule.origin.rawValue) }
      if positions { write(&writer, position: rule.position) }
    }
  }

  private func write(
    _ writer: inout JSONWriter, endpointObject object: EndpointObject, positions: Bool
  ) {
    writer.object { writer in
      writer.member("id", object.id)
      writer.member("name", object.name)
      writer.member("kind", object.kind)
      writer.key("list")
      write(&writer, list: object.list)
      if positions { write(&writer, position: object.position) }
    }
  }

  private func write(
    _ writer: inout JSONWriter, serviceObject object: ServiceObject, positions: Bool
  ) {
    writer.object { writer in
      writer.member("id", object.id)
      writer.member("name", object.name)
      writer.member("kind", object.kind)
      writer.key("list")
      write(&writer, list: object.list)
      if positions { write(&writer, position: object.position) }
    }
  }

  private func write(_ writer: inout JSONWriter, clause: Clause) {
    writer.object { writer in
      switch clause {
      case .from(let zones), .to(let zones):
        if case .from = clause { writer.key("from") } else { writer.key("to") }
        writer.object { writer in
          writer.member("zones", zones.names)
          if zones.negated { writer.member("negated", true) }
        }
      case .zonePair(let pairing): writer.member("zone_pair", pairing.rawValue)
      case .family(let family): writer.member("family", family.rawValue)
      case .source(let list):
        writer.key("source")
        write(&writer, list: list)
      case .destination(let list):
        writer.key("destination")
        write(&writer, list: list)
      case .service(let list):
        writer.key("service")
        write(&writer, list: list)
      case .application(let names): writer.member("application", names)
      case .requires(let condition):
        writer.key("requires")
        write(&writer, condition: condition)
      case .period(let period):
        writer.key("period")
        writer.object { writer in
          writer.member("name", period.name)
          if let from = period.from { writer.member("from", from) }
          if let until = period.until { writer.member("until", until) }
        }
      case .never(let reason): writer.member("never", reason)
      }
    }
  }

  private func write(_ writer: inout JSONWriter, condition: Condition) {
    writer.object { writer in
      writer.member("kind", condition.kind.rawValue)
      writer.member("detail", condition.detail)
    }
  }

  private func write(_ writer: inout JSONWriter, list: EndpointList) {
    writer.object { writer in
      writer.member("terms", each: list.terms) { write(&$0, term: $1) }
      if !list.exceptions.isEmpty {
        writer.member("except", each: list.exceptions) { write(&$0, term: $1) }
      }
      if list.negated { writer.member("negated", true) }
    }
  }

  private func write(_ writer: inout JSONWriter, term: EndpointTerm) {
    switch term {
    case .any: writer.value("any")
    case .addresses(let set): writer.object { $0.member("addresses", set.texts) }
    case .host(let pattern, let binding):
      writer.object { writer in
        write(&writer, host: pattern)
        if binding != .observed { writer.member("binding", binding.rawValue) }
      }
    case .url(let pattern):
      writer.object { writer in writer.member("url") { write(&$0, url: pattern) } }
    case .object(let number):
      let id =
        policy.endpointObjects.indices.contains(number) ? policy.endpointObjects[number].id : ""
      writer.object { $0.member("object", id) }
    case .tag(let name): writer.object { $0.member("tag", name) }
    case .category(let name): writer.object { $0.member("category", name) }
    case .condition(let condition):
      writer.object { writer in
        writer.key("condition")
        write(&writer, condition: condition)
      }
    }
  }

  private func write(_ writer: inout JSONWriter, host: HostPattern) {
    switch host {
    case .any: writer.member("host_any", true)
    case .exact(let name): writer.member("host", name.text)
    case .subdomains(let name): writer.member("subdomains_of", name.text)
    case .apexAndSubdomains(let name): writer.member("domain", name.text)
    case .oneLabel(let name): writer.member("one_label_below", name.text)
    case .suffix(let end): writer.member("host_suffix", end.text)
    case .leading(let name): writer.member("host_leading", name.text)
    case .substring(let part): writer.member("host_substring", part.text)
    case .glob(let glob): writer.member("host_glob", glob.text)
    case .regex(let regex): writer.member("host_regex", regex.source)
    }
  }

  private func write(_ writer: inout JSONWriter, url: URLPattern) {
    switch url {
    case .parts(let host, let path):
      write(&writer, host: host)
      switch path {
      case .any: break
      case .exact(let text): writer.member("path", text)
      case .folder(let text): writer.member("path_folder", text)
      case .prefix(let text): writer.member("path_prefix", text)
      case .glob(let text): writer.member("path_glob", text)
      }
    case .tokens(let text, let openEnd):
      writer.member("tokens", text)
      if openEnd { writer.member("open_end", true) }
    case .substring(let text): writer.member("substring", text)
    case .glob(let text): writer.member("glob", text)
    case .regex(let regex): writer.member("regex", regex.source)
    }
  }

  private func write(_ writer: inout JSONWriter, list: ServiceList) {
    writer.object { writer in
      writer.member("terms", each: list.terms) { write(&$0, term: $1) }
      if list.negated { writer.member("negated", true) }
    }
  }

  private func write(_ writer: inout JSONWriter, term: ServiceTerm) {
    switch term {
    case .any: writer.value("any")
    case .service(let service):
      writer.object { writer in
        if let number = service.protocol { writer.member("protocol", Int(number)) }
        if !service.destinationPorts.isFull {
          writer.member("ports", service.destinationPorts.text)
        }
        if !service.sourcePorts.isFull { writer.member("source_ports", service.sourcePorts.text) }
      }
    case .object(let number):
      let id =
        policy.serviceObjects.indices.contains(number) ? policy.serviceObjects[number].id : ""
      writer.object { $0.member("object", id) }
    case .condition(let condition):
      writer.object { writer in
        writer.key("condition")
        write(&writer, condition: condition)
      }
    }
  }
}
