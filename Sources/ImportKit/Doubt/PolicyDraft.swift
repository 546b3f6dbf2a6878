/// A policy while an importer builds it: its doubts, its numbered objects, and the rules that stand
/// for what is not known.
///
/// A class, so that the parts of an importer share one draft without handing it to and fro.
package final class PolicyDraft {
  package let doubts: Doubts
  /// Named objects. A number is given out before the members are read; see ``ObjectQueue``.
  package var objects = ObjectTable()
  /// What is built besides notes and objects.
  package var policy: Policy

  /// - Parameter doubts: those of the documents, where several policies come from one export and
  ///   what was noted while collecting them belongs to each.
  package init(_ policy: Policy, doubts: Doubts = Doubts()) {
    self.policy = policy
    self.doubts = doubts
  }

  // MARK: Doubts

  package func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition? = nil) {
    doubts.note(kind, text, at: position)
  }

  /// See ``Doubts/doubt(_:_:at:)``.
  package func doubt(
    _ kind: Condition.Kind, _ detail: String, at position: SourcePosition? = nil
  ) -> Condition {
    doubts.doubt(kind, detail, at: position)
  }

  /// One condition for all members of a record that were neither read nor listed as irrelevant; nil
  /// where nothing is left over.
  ///
  /// The values of the members are not told: they may be secrets.
  ///
  /// - Parameter what: of whom they are members, such as ``rule `web` ``.
  package func unread(
    _ record: ExportRecord, of what: String, ignoring irrelevant: IrrelevantMembers
  ) -> Condition? {
    let left = record.unread(ignoring: irrelevant)
    guard let first = left.first else { return nil }
    var names: [String] = []
    for member in left where !names.contains(member.path) { names.append(member.path) }
    let shown = names.prefix(4).map { "`\($0)`" }.joined(separator: ", ")
    return doubt(
      .unmodelled,
      "\(what) has \(shown)\(names.count > 4 ? " and \(names.count - 4) more" : "")"
        + ", which is not understood and may change what it matches or does", at: first.position)
  }

  /// The same as clauses, to be added to those of the rule.
  package func unreadClauses(
    _ record: ExportRecord, of what: String, ignoring irrelevant: IrrelevantMembers
  ) -> [Clause] {
    unread(record, of: what, ignoring: irrelevant).map { [.requires($0)] } ?? []
  }

  // MARK: What is not known

  /// Rules for one rule whose match is known and whose action is not: it may allow as well as deny.
  ///
  /// The first denies if the doubt turns out so, the second allows what is left. (Two rules with one
  /// condition would not do: where it does not hold, neither would match.)
  ///
  /// - Parameter rule: with its match; its own action is what it does if it allows.
  package func eitherWay(_ rule: Rule, because doubt: Condition) -> [Rule] {
    var deny = rule
    deny.action = .deny(.drop)
    deny.match.clauses.append(.requires(doubt))
    var allow = rule
    if case .allow = rule.action {} else { allow.action = .allow }
    // One rule of the export stays one rule: the second half does not count.
    allow.origin = .implied
    return [deny, allow]
  }

  /// Rules for a part that is missing from the export, where it would stand in the order: it may
  /// deny, allow, or leave to what follows.
  ///
  /// - Parameters:
  ///   - what: what is missing and how to get it, such as `rules 501 to 1000 of layer X are not in
  ///     the export; give …`.
  ///   - kind: ``Condition/Kind/missingPart``, or ``Condition/Kind/notInForce`` for a part that is
  ///     there and cannot be read.
  ///   - clauses: what limits the part, where that is known.
  package func gap(
    _ what: String, kind: Condition.Kind = .missingPart, name: String = "(not in the export)",
    clauses: [Clause] = [], at position: SourcePosition
  ) -> [Rule] {
    doubts.note(.completeness, what, at: position)
    let outcomes: [(Action, String)] = [(.deny(.drop), "may deny"), (.allow, "may allow")]
    return outcomes.map { action, word in
      Rule(
        name: name, match: Match(clauses + [.requires(Condition(kind, "\(what) (\(word))"))]),
        action: action, origin: .implied, position: position)
    }
  }

  /// Rules of which it is not certain whether they are in force: each keeps its action and gets the
  /// condition.
  package func perhapsInForce(_ rules: [Rule], because doubt: Condition) -> [Rule] {
    rules.map { rule in
      var rule = rule
      rule.match.clauses.append(.requires(doubt))
      return rule
    }
  }

  // MARK: Values

  /// The hosts that a text which is no host name, address or known pattern may mean: those that hold
  /// its longest run of host characters, and perhaps not all of these; where it has none, a
  /// condition.
  package func oddHost(
    _ text: String, in what: String, at position: SourcePosition
  ) -> EndpointTerm {
    let detail = "`\(text)` in \(what) is neither a name, an address nor a known pattern"
    // A marker that was never filled in, or a reference, can mean any text.
    guard !TemplateMarker.isPresent(in: text), let run = Self.longestHostRun(text) else {
      return .condition(doubt(.unresolved, detail, at: position))
    }
    note(.reading, "\(detail); only hosts that contain `\(run)` can be meant", at: position)
    return .host(.substring(run), .doubtful)
  }

  /// The longest run of letters, digits, dots and hyphens, without dots and hyphens at its ends, in
  /// lower case; nil where it has no dot or no letter, since a single word may mean anything.
  package static func longestHostRun(_ text: String) -> String? {
    var best: [UInt8] = []
    var run: [UInt8] = []
    func isEdge(_ byte: UInt8) -> Bool { byte == 0x2E || byte == 0x2D }
    func close() {
      let trimmed = run.reversed().drop(while: isEdge).reversed().drop(while: isEdge)
      if trimmed.count > best.count { best = Array(trimmed) }
      run = []
    }
    for byte in text.utf8 {
      switch byte {
      case 0x61...0x7A, 0x30...0x39, 0x2E, 0x2D: run.append(byte)
      case 0x41...0x5A: run.append(byte | 0x20)
      default: close()
      }
    }
    close()
    guard best.contains(0x2E), best.contains(where: { $0 >= 0x61 && $0 <= 0x7A }) else {
      return nil
    }
    return String(decoding: best, as: UTF8.self)
  }

  /// A protocol with ports, each known or open: a word or port text that is not understood is a
  /// doubt about that value and leaves the others as they are.
  ///
  /// - Parameters:
  ///   - word: name or number of the protocol; nil where the rule names none, which is every
  ///     protocol.
  ///   - destinationPorts: text in the form of ``PortSet/init(parsing:)``; nil for every port.
  package func service(
    protocol word: String?, destinationPorts: String? = nil, sourcePorts: String? = nil,
    in what: String, at position: SourcePosition
  ) -> ServiceTerm {
    var number: UInt8?
    if let word {
      guard let known = IPProtocol.number(of: word) else {
        return .condition(
          doubt(.unmodelled, "protocol `\(word)` in \(what) is not known", at: position))
      }
      number = known
    }
    var sets: [PortSet] = []
    for text in [destinationPorts, sourcePorts] {
      guard let text else {
        sets.append(.full)
        continue
      }
      guard let set = PortSet(parsing: text) else {
        let isOther = number.map { $0 != Service.tcpNumber } ?? false
        // A doubtful port of UDP says nothing about TCP.
        if isOther { return .service(Service(protocol: number)) }
        return .condition(
          doubt(.unmodelled, "port `\(text)` in \(what) is not understood", at: position))
      }
      sets.append(set)
    }
    return .service(
      Service(protocol: number, destinationPorts: sets[0], sourcePorts: sets[1]))
  }

  // MARK: Finishing

  /// The policy with its objects and notes; the draft is spent.
  package func finish() -> Policy {
    var result = policy
    result.endpointObjects = objects.endpoints
    result.serviceObjects = objects.services
    result.notes += doubts.notes
    return result
  }
}
