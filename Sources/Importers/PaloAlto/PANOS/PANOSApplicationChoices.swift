import ImportKit

/// Applications and services of a security rule.
extension PANOSRules {
  /// What a rule asks of application and port, as a choice of clauses.
  ///
  /// - Parameter allows: whether the rule allows what it matches.
  func applicationChoices(
    _ record: ExportRecord, of what: String, allows: Bool
  ) -> [[Clause]] {
    var common: [Clause] = []
    for name in ["application", "service"] where !record.has(name) {
      common.append(.requires(missing(name, of: what, record)))
    }
    let list = objects.applications(record.list("application"), in: what)
    let services = record.list("service")
    let usesDefaults = services.members.contains { $0.text == "application-default" }
    if let odd = services.odd, usesDefaults { common.append(.requires(objects.odd(odd, in: what))) }
    var choices: [[Clause]]
    if list.isAny {
      choices = usesDefaults ? anyApplicationOnItsPorts() : [[]]
    } else {
      let possible = list.names.filter { exclusion($0, allows: allows) == nil }
      if possible.isEmpty {
        choices = []
      } else {
        choices = usesDefaults ? onTheirPorts(possible) : [[.application(list.names)]]
      }
      for doubt in list.doubts {
        choices.append(
          [.requires(doubt)] + (usesDefaults ? [.requires(portsOf("its applications"))] : []))
      }
      if choices.isEmpty, let first = list.names.first, let why = exclusion(first, allows: allows) {
        choices = [[.never("only for \(PANOSApplicationList.shown(list.names)), \(why)")]]
      }
      for (names, override) in overrides where !names.isDisjoint(with: list.names) {
        choices += override
      }
    }
    if !usesDefaults, let clause = serviceClause(services, of: what) { common.append(clause) }
    return choices.map { common + $0 }
  }

  /// Why the traffic is never recognised as this application; nil where it may be.
  private func exclusion(_ name: String, allows: Bool) -> String? {
    guard objects.find("application", name) == nil else { return nil }
    if let why = PANOSApplications.exclusion(name) { return why }
    return allows && PANOSApplications.isOtherProduct(name)
      ? "the application of another product" : nil
  }

  // MARK: application-default

  // "application-default: the selected applications are allowed or denied only on their default ports
  // defined by Palo Alto Networks" (docs.paloaltonetworks.com, "Application-Default"). Which
  // application the traffic gets is not in the export; what ports it then may use is, where the
  // application's ports are known.

  private func onTheirPorts(_ names: [String]) -> [[Clause]] {
    var byPorts: [PortSet: [String]] = [:]
    var open: [String] = []
    for name in names {
      if let ports = objects.defaultPorts(of: name) {
        if !ports.isEmpty { byPorts[ports, default: []].append(name) }
      } else {
        open.append(name)
      }
    }
    var choices = byPorts.sorted { $0.value.lexicographicallyPrecedes($1.value) }
      .map { ports, names in
        [Clause.application(names), .service(ServiceList([.service(.tcp(ports))]))]
      }
    choices += securePorts(names)
    if !open.isEmpty {
      choices.append([
        .application(open), .requires(portsOf(PANOSApplicationList.shown(open))),
      ])
    }
    return choices.isEmpty
      ? [[.never("only for \(PANOSApplicationList.shown(names)), which has no TCP port")]] : choices
  }

  private func anyApplicationOnItsPorts() -> [[Clause]] {
    let known = PANOSApplications.defaultPorts.map { names, ports in
      [Clause.application(names), .service(ServiceList([.service(.tcp(ports))]))]
    }
    return known + securePorts(PANOSApplications.securePorts.map(\.name))
      + [[.requires(portsOf("any application"))]]
  }

  /// What encrypted forms of applications add, where the traffic is decrypted.
  private func securePorts(_ names: [String]) -> [[Clause]] {
    guard version.mayHaveSecurePorts else { return [] }
    return PANOSApplications.securePorts.filter { names.contains($0.name) }.map { name, ports in
      [
        .application([name]), .service(ServiceList([.service(.tcp(ports))])),
        .requires(
          draft.doubt(
            .application,
            "\(name) on its secure port \(ports.text), which counts where the traffic is decrypted")
        ),
      ]
    }
  }

  private func portsOf(_ names: String) -> Condition {
    draft.doubt(
      .application,
      "application-default for \(names): holds where the App-ID that the firewall recognises "
        + "has the port among its default ports")
  }

  // MARK: Overrides

  /// Application override rules: "the firewall handles the session as a normal stateful inspection
  /// firewall and labels it with the application that the rule names". Source:
  /// docs.paloaltonetworks.com, "Manage Custom or Unknown Applications". A security rule for that
  /// application may then catch traffic that is something else.
  func readOverrides(_ layers: [PANOSLayer]) {
    for entry in layers.flatMap({ $0.rules("application-override") }) {
      let record = ExportRecord(entry)
      let name = record.attribute("name") ?? ""
      let what = "application override rule `\(name)`"
      guard record.says("disabled") != .yes else { continue }
      var match = MatchChoices()
      addTarget(record, of: what, to: &match)
      addZones(record, of: what, to: &match)
      addAddresses(record, of: what, to: &match)
      match.require(
        .service(
          ServiceList([
            draft.service(
              protocol: record.text("protocol"), destinationPorts: record.text("port"), in: what,
              at: record.position)
          ])))
      let applications = record.list("application").texts
      close(record, of: what, ignoring: PANOSMembers.overrideRule, to: &match)
      match.require(
        .requires(
          draft.doubt(
            .application,
            "\(what) calls this traffic \(PANOSApplicationList.shown(applications)), "
              + "whatever it is")))
      overrides.append((Set(applications), match.alternatives))
    }
  }
}
