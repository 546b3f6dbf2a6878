/// The words of a help-desk answer, in English and French; the founding document's own terms.
struct EvidenceWords {
  private let isFrench: Bool

  init(_ language: EvidenceText.Language) { isFrench = language == .french }

  private func say(_ english: String, _ french: String) -> String { isFrench ? french : english }

  var cause: String { say("cause", "cause") }
  var likelyCause: String { say("most likely", "le plus probable") }
  var perhaps: String { say("or", "ou bien") }
  var read: String { say("read", "lu") }
  var toDo: String { say("to do, in this order", "à faire, dans cet ordre") }
  var line: String { say("line", "ligne") }
  var internalCode: String {
    say("an internal number, no HTTP status", "numéro interne, pas un statut HTTP")
  }

  func text(_ outcome: EvidenceFact.Outcome) -> String {
    switch outcome {
    case .connected:
      say("cloud protection was reached", "la protection cloud a été jointe")
    case .notConnected:
      say("cloud protection was not reached", "la protection cloud n’a pas été jointe")
    case .notRun:
      say(
        "the test did not run: it says nothing about the network",
        "le test n’a pas été exécuté : il ne dit rien du réseau")
    case .notEnabled:
      say(
        "switched off: it says nothing about the network", "désactivé : cela ne dit rien du réseau")
    case .enabled: say("switched on", "activé")
    case .updateFailed:
      say("security intelligence was not updated", "la veille de sécurité n’a pas été mise à jour")
    case .updated:
      say("security intelligence was updated", "la veille de sécurité a été mise à jour")
    case .crlBlocked:
      say(
        "Windows could not fetch a revocation list",
        "Windows n’a pas pu récupérer une liste de révocation de certificats")
    case .sampleUploaded: say("a sample was uploaded", "un échantillon a été envoyé")
    case .sampleNotUploaded:
      say("a sample was not uploaded", "un échantillon n’a pas été envoyé")
    case .detected: say("something was detected", "une détection a eu lieu")
    case .cloudContacted:
      say(
        "a signature from the cloud was used: the cloud was reached",
        "une signature du cloud a été utilisée : le cloud a été joint")
    case .settingChanged: say("a setting was changed", "un paramètre a été modifié")
    case .reachable: say("reachable", "joignable")
    case .notReachable: say("not reachable", "non joignable")
    case .direct:
      say("no system-wide WinHTTP proxy: direct access", "aucun proxy WinHTTP : accès direct")
    case .named: say("a system-wide WinHTTP proxy is set", "un proxy WinHTTP est défini")
    case .namedAndScript:
      say(
        "a WinHTTP proxy and a script are set", "un proxy WinHTTP et un script sont définis")
    case .script: say("a proxy script is set", "un script de proxy est défini")
    case .automatic: say("the proxy is looked for", "le proxy est recherché automatiquement")
    case .unknown: say("the report does not settle it", "le rapport ne permet pas de conclure")
    }
  }

  func text(_ cause: Cause) -> String {
    switch cause {
    case .proxyMissing:
      say(
        "no system-wide WinHTTP proxy is set, so that Windows cannot fetch the revocation list and "
          + "the TLS connection fails",
        "aucun proxy WinHTTP n’est défini pour le système : Windows ne peut pas récupérer la liste de "
          + "révocation et la connexion TLS échoue")
    case .tlsInspection: say("TLS inspection on the way", "une inspection TLS sur le chemin")
    case .clock: say("the clock is wrong", "l’horloge est fausse")
    case .crlBlocked:
      say(
        "the revocation list (port 80) is blocked",
        "la liste de révocation (port 80) est bloquée")
    case .blocked:
      say("a firewall blocks it or inspects TLS", "un pare-feu bloque ou inspecte le trafic TLS")
    case .nameNotResolved: say("the name was not resolved", "le nom n’a pas été résolu")
    case .timeout: say("no answer came in time", "aucune réponse à temps")
    case .silentDrop: say("a firewall drops silently", "un pare-feu rejette sans réponse")
    case .proxyUnreachable: say("the proxy does not answer", "le proxy ne répond pas")
    case .connectionReset:
      say("the connection was reset or ended", "la connexion a été réinitialisée ou interrompue")
    case .cannotConnect: say("the connection was refused", "la connexion a été refusée")
    case .untrustedRoot:
      say("the certificate comes from an unknown root", "le certificat vient d’une racine inconnue")
    case .certificate: say("the certificate does not fit", "le certificat ne convient pas")
    case .revocationOffline:
      say(
        "the revocation server was not reached", "le serveur de révocation n’a pas été joint")
    case .revoked: say("the certificate is revoked", "le certificat est révoqué")
    case .proxyRefused: say("a proxy or filter refused", "un proxy ou un filtre a refusé")
    case .proxyLogin:
      say("the proxy asks for a login", "le proxy demande une authentification")
    case .proxyScript:
      say(
        "the proxy script was not found or failed", "le script de proxy est introuvable ou a échoué"
      )
    case .notElevated: say("the prompt was not elevated", "l’invite n’avait pas les droits élevés")
    case .wrongFolder:
      say("the command was run from another folder", "la commande a été lancée d’un autre dossier")
    case .oldWindows:
      say(
        "Windows is older than 10 version 1703 or Server 2019",
        "Windows est antérieur à 10 version 1703 ou Server 2019")
    case .productDisabled: say("Defender is switched off", "Defender est désactivé")
    case .serviceStopped: say("Defender’s service is stopped", "le service de Defender est arrêté")
    case .cloudOff: say("cloud protection is switched off", "la protection cloud est désactivée")
    case .local: say("a failure on the computer itself", "une panne de l’ordinateur lui-même")
    case .listIncomplete:
      say("hosts of another list are needed too", "des hôtes d’une autre liste sont aussi requis")
    case .resolvedSince: say("repaired since", "résolu depuis")
    case .notKnown: say("not documented", "non documenté")
    }
  }

  func text(_ remedy: Remedy) -> String {
    switch remedy {
    case .winHTTPProxy:
      say(
        "set a system-wide WinHTTP proxy that lets the revocation list through (netsh winhttp set "
          + "proxy HOST:PORT)",
        "définir un proxy WinHTTP à l’échelle du système qui laisse passer la liste de révocation "
          + "(netsh winhttp set proxy HÔTE:PORT)")
    case .certificatePath:
      say(
        "Group Policy: Computer Configuration > Windows Settings > Security Settings > Public Key "
          + "Policies > Certificate Path Validation Settings > Network Retrieval: define the settings, "
          + "clear the automatic update of root certificates",
        "stratégie de groupe : Configuration ordinateur > Paramètres Windows > Paramètres de sécurité > "
          + "Stratégies de clé publique > Paramètres de validation du chemin de certificat > Récupération "
          + "réseau : définir les paramètres, décocher la mise à jour automatique des certificats racine"
      )
    case .sslOptions:
      say(
        "workaround, not recommended: SSLOptions under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows "
          + "Defender\\Spynet; 0 switches pinning and revocation off, 1 pinning, 2 revocation, 3 neither "
          + "(default)",
        "contournement déconseillé : SSLOptions sous HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows "
          + "Defender\\Spynet ; 0 désactive l’épinglage et la révocation, 1 l’épinglage, 2 la révocation, 3 "
          + "aucun (par défaut)")
    case .allowHosts:
      say(
        "let the hosts of the list through (sallyport check shows the rule)",
        "autoriser les hôtes de la liste (sallyport check montre la règle)")
    case .exemptFromInspection:
      say("exempt the hosts from TLS inspection", "exclure les hôtes de l’inspection TLS")
    case .allowRevocation:
      say(
        "let port 80 to the revocation lists through",
        "autoriser le port 80 vers les listes de révocation")
    case .repairNames: say("repair the resolution of names", "rétablir la résolution de noms")
    case .setClock: say("set the clock", "régler l’horloge")
    case .proxyLogin:
      say(
        "exempt the hosts from the proxy’s login: services have no user",
        "dispenser les hôtes de l’authentification du proxy : un service n’a pas d’utilisateur")
    case .runElevated: say("run it in an elevated prompt", "relancer dans une invite élevée")
    case .runFromFolder:
      say(
        "run it from %ProgramFiles%\\Windows Defender or the newest Platform folder",
        "lancer depuis %ProgramFiles%\\Windows Defender ou le dossier Platform le plus récent")
    case .updateWindows: say("update Windows", "mettre Windows à jour")
    case .enableDefender: say("switch Defender on", "activer Defender")
    case .enableCloud:
      say("switch cloud protection on", "activer la protection fournie par le cloud")
    }
  }

  func text(_ finding: EvidenceFinding) -> String {
    switch finding.id {
    case .tlsChecksWeakened:
      say(
        "TLS checks are weakened: \(finding.about) off",
        "contrôles TLS affaiblis : \(finding.about) désactivé")
    case .samplesNeverSent:
      say(
        "samples are never sent: the storage rows are not used automatically",
        "les échantillons ne sont jamais envoyés")
    case .cloudProtectionOff: text(Cause.cloudOff)
    case .intelligenceOld:
      say(
        "security intelligence is \(finding.about) days old: the alternate download is used from 7",
        "la veille de sécurité a \(finding.about) jours : l’autre téléchargement sert à partir de 7"
      )
    case .passiveMode:
      say(
        "passive mode: another product is the antivirus", "mode passif : un autre produit protège")
    case .ownProxy:
      say(
        "Defender has a proxy of its own; Windows fetches the revocation list through WinHTTP",
        "Defender a son propre proxy ; Windows récupère la liste de révocation par WinHTTP")
    case .perUserProxy:
      say(
        "the settings are per user: the system account may not see them",
        "paramètres par utilisateur : le compte système peut ne pas les voir")
    case .serviceOff: text(Cause.serviceStopped)
    }
  }
}
