/// Why something failed, as far as a report shows.
package enum Cause: String, Hashable, Sendable, CaseIterable {
  case proxyMissing = "winhttp-proxy-missing-so-crl-not-fetched"
  case tlsInspection = "tls-inspection"
  case clock
  case crlBlocked = "crl-blocked-port-80"
  case blocked = "blocked-or-inspected"
  case nameNotResolved = "name-not-resolved"
  case timeout
  case silentDrop = "firewall-drops-silently"
  case proxyUnreachable = "proxy-unreachable"
  case connectionReset = "connection-reset"
  case cannotConnect = "cannot-connect"
  case untrustedRoot = "untrusted-root"
  case certificate = "certificate-invalid"
  case revocationOffline = "revocation-server-offline"
  case revoked = "certificate-revoked"
  case proxyRefused = "proxy-refused"
  case proxyLogin = "proxy-asks-for-login"
  case proxyScript = "proxy-script-failed"
  case notElevated = "not-elevated"
  case wrongFolder = "wrong-folder"
  case oldWindows = "windows-too-old"
  case productDisabled = "product-disabled"
  case serviceStopped = "defender-service-stopped"
  case cloudOff = "cloud-protection-off"
  case local = "local-failure"
  case listIncomplete = "list-incomplete"
  case resolvedSince = "resolved-since"
  case notKnown = "not-known"
}

/// What to do, in the order of the article: the system-wide proxy first, weakened checks last.
package enum Remedy: String, Hashable, Sendable, CaseIterable {
  case winHTTPProxy = "winhttp-system-proxy"
  case certificatePath = "certificate-path-network-retrieval"
  case sslOptions = "ssloptions-workaround"
  case allowHosts = "allow-hosts"
  case exemptFromInspection = "exempt-from-tls-inspection"
  case allowRevocation = "allow-crl-port-80"
  case repairNames = "repair-name-resolution"
  case setClock = "set-clock"
  case proxyLogin = "exempt-from-proxy-login"
  case runElevated = "run-elevated"
  case runFromFolder = "run-from-platform-folder"
  case updateWindows = "update-windows"
  case enableDefender = "enable-defender"
  case enableCloud = "enable-cloud-protection"
}

/// Something in a report that somebody should see.
package struct EvidenceFinding: Hashable, Sendable {
  package enum ID: String, Hashable, Sendable, CaseIterable {
    case tlsChecksWeakened = "tls-checks-weakened"
    case samplesNeverSent = "samples-never-sent"
    case cloudProtectionOff = "cloud-protection-off"
    case intelligenceOld = "security-intelligence-old"
    case passiveMode = "passive-mode"
    case ownProxy = "defender-own-proxy"
    case perUserProxy = "per-user-proxy"
    case serviceOff = "defender-service-off"
  }

  package let id: ID
  /// What it is about: `pinning, revocation`, a number of days.
  package let about: String

  package init(_ id: ID, _ about: String = "") {
    self.id = id
    self.about = about
  }
}

/// What each error number of the validation means, with what else it may be and what to do.
struct Diagnosis {
  let outcome: EvidenceFact.Outcome
  let cause: Cause
  let alternatives: [Cause]
  let remedies: [Remedy]

  /// The article's remedies for a revocation list that Windows cannot fetch, in its order.
  static let revocation: [Remedy] = [.winHTTPProxy, .certificatePath, .sslOptions]

  /// Of a failed validation, by its number.
  ///
  /// Sources: the article ("The WinHTTP proxy is not set … the operating system cannot fetch the CRL …
  /// the TLS connection fails"); the MpCmdRun page for 0x80070005, 0x80004005, 0x80072EE7, 0x80508015,
  /// 0x800106BA and 0x80070667; the names of the numbers elsewhere.
  init(validation error: ErrorNumber) {
    func failed(_ cause: Cause, _ alternatives: [Cause], _ remedies: [Remedy]) -> Diagnosis {
      Diagnosis(
        outcome: .notConnected, cause: cause, alternatives: alternatives, remedies: remedies)
    }
    switch error.hr {
    case 0x8007_2F8F:
      self = failed(.proxyMissing, [.tlsInspection, .clock, .crlBlocked], Self.revocation)
    case 0x8007_2EFE:
      self = failed(
        .proxyMissing, [.connectionReset, .tlsInspection, .crlBlocked], Self.revocation)
    case 0x8007_0006:
      self = failed(.proxyMissing, [.blocked, .tlsInspection], Self.revocation)
    case 0x8007_0005: self = Diagnosis(outcome: .notRun, .notElevated, [.runElevated])
    case 0x8007_0667: self = Diagnosis(outcome: .notRun, .oldWindows, [.updateWindows])
    case 0x8001_06BA, 0x8007_06BA:
      self = Diagnosis(outcome: .notEnabled, .serviceStopped, [.enableDefender])
    case 0x8000_4005:
      self = failed(.nameNotResolved, [.local, .blocked], [.repairNames, .winHTTPProxy])
    case 0x8050_8015:
      self = failed(.blocked, [.tlsInspection], [.allowHosts, .exemptFromInspection])
    default: self = Self.transport(error)
    }
  }

  private init(outcome: EvidenceFact.Outcome, _ cause: Cause, _ remedies: [Remedy]) {
    self.init(outcome: outcome, cause: cause, alternatives: [], remedies: remedies)
  }

  private init(
    outcome: EvidenceFact.Outcome, cause: Cause, alternatives: [Cause], remedies: [Remedy]
  ) {
    self.outcome = outcome
    self.cause = cause
    self.alternatives = alternatives
    self.remedies = remedies
  }

  /// Of a failed connection of any kind, by what the number means.
  static func transport(_ error: ErrorNumber) -> Diagnosis {
    func failed(_ cause: Cause, _ alternatives: [Cause], _ remedies: [Remedy]) -> Diagnosis {
      Diagnosis(
        outcome: .notConnected, cause: cause, alternatives: alternatives, remedies: remedies)
    }
    if let status = error.httpStatus {
      return status == 407 || status == 401
        ? failed(.proxyLogin, [.proxyRefused], [.proxyLogin, .winHTTPProxy])
        : failed(.proxyRefused, [.blocked], [.allowHosts])
    }
    switch error.code {
    case 12_007, 11_001:
      return failed(.nameNotResolved, [.proxyMissing, .blocked], [.winHTTPProxy, .repairNames])
    case 12_002, 1460, 10_060:
      return failed(.timeout, [.silentDrop, .proxyUnreachable, .listIncomplete], [.winHTTPProxy])
    case 12_029, 10_061, 10_051:
      return failed(.cannotConnect, [.blocked, .proxyUnreachable], [.allowHosts, .winHTTPProxy])
    case 12_030, 12_031, 10_054, 12_152:
      return failed(
        .connectionReset, [.blocked, .tlsInspection], [.allowHosts, .exemptFromInspection])
    case 12_045: return failed(.untrustedRoot, [.tlsInspection], [.exemptFromInspection])
    case 12_037: return failed(.clock, [.tlsInspection], [.setClock])
    case 12_038, 12_169, 12_157, 12_044:
      return failed(.certificate, [.tlsInspection], [.exemptFromInspection])
    case 12_057:
      return failed(
        .revocationOffline, [.proxyMissing, .crlBlocked], [.allowRevocation] + revocation)
    case 12_170: return failed(.revoked, [.tlsInspection], [.exemptFromInspection])
    case 12_175: return failed(.proxyMissing, [.tlsInspection, .clock, .crlBlocked], revocation)
    case 12_015: return failed(.proxyLogin, [], [.proxyLogin])
    case 12_166, 12_167, 12_178, 12_180: return failed(.proxyScript, [], [.winHTTPProxy])
    default: return failed(.notKnown, [.blocked, .local], [.allowHosts, .winHTTPProxy])
    }
  }
}
