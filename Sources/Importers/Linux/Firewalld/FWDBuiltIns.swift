import ImportKit

/// What every installation of firewalld has without any file in `/etc/firewalld`: the standard
/// zones, and the ports of the usual services.
///
/// A table of our own, of facts: firewalld.zones(5) for the zones, the IANA registry of service names
/// for the ports. Services that are not in it stay unresolved unless their file comes along. The
/// standard policies take no part: `allow-host-ipv6` lets ICMP in, the set `gateway` is switched off.
enum FWDBuiltIns {
  /// The standard zones.
  ///
  /// - Parameter forwards: where forwarding inside a zone is allowed, which is so since release 1.0.
  static func zones(forwards: Bool) -> [FWDConfiguration.Zone] {
    let nowhere = SourcePosition(line: 0)
    let targets: [(String, FWDConfiguration.Target)] = [
      ("block", .reject), ("dmz", .byDefault), ("drop", .drop), ("external", .byDefault),
      ("home", .byDefault), ("internal", .byDefault), ("public", .byDefault), ("trusted", .accept),
      ("work", .byDefault),
    ]
    return targets.map { name, target in
      var zone = FWDConfiguration.Zone(name: name, position: nowhere)
      zone.target = target
      zone.isBuiltIn = true
      zone.forward = forwards ? nowhere : nil
      zone.masquerade = name == "external" ? nowhere : nil
      return zone
    }
  }

  static func service(_ name: String) -> FWDConfiguration.Service? {
    guard let line = table[name] else { return nil }
    var service = FWDConfiguration.Service(name: name)
    for word in line.split(separator: " ") {
      let parts = word.split(separator: "/").map(String.init)
      switch parts.first {
      case "include": service.includes.append(parts[1])
      case "protocol": service.protocols.append(parts[1])
      default:
        for port in parts[1].split(separator: ",") {
          service.ports.append((String(port), parts[0]))
        }
      }
    }
    return service
  }

  private static let table: [String: String] = [
    "afp": "tcp/548", "amqp": "tcp/5672", "amqps": "tcp/5671", "apcupsd": "tcp/3551",
    "bacula": "tcp/9101,9102,9103", "bacula-client": "tcp/9102", "bgp": "tcp/179",
    "bitcoin": "tcp/8333", "bitcoin-rpc": "tcp/8332", "ceph": "tcp/6800-7300",
    "ceph-mon": "tcp/3300,6789", "checkmk-agent": "tcp/6556", "cockpit": "tcp/9090",
    "collectd": "udp/25826", "dhcp": "udp/67", "dhcpv6": "udp/547", "dhcpv6-client": "udp/546",
    "distcc": "tcp/3632", "dns": "tcp/53 udp/53", "dns-over-tls": "tcp/853",
    "docker-registry": "tcp/5000", "docker-swarm": "tcp/2377,7946 udp/7946,4789",
    "dropbox-lansync": "tcp/17500 udp/17500", "elasticsearch": "tcp/9200,9300",
    "etcd-client": "tcp/2379", "etcd-server": "tcp/2380", "finger": "tcp/79",
    "freeipa-4":
      "include/http include/https include/kerberos include/kpasswd include/ldap include/ldaps",
    "freeipa-ldap": "tcp/80,443,88,464,389 udp/88,464,123",
    "freeipa-ldaps": "tcp/80,443,88,464,636 udp/88,464,123", "ftp": "tcp/21",
    "galera": "tcp/3306,4567,4568,4444 udp/4567", "git": "tcp/9418", "gpsd": "tcp/2947",
    "grafana": "tcp/3000", "gre": "protocol/gre", "http": "tcp/80", "http3": "udp/443",
    "https": "tcp/443", "ident": "tcp/113", "imap": "tcp/143", "imaps": "tcp/993",
    "iperf2": "tcp/5001 udp/5001", "iperf3": "tcp/5201 udp/5201", "ipp": "tcp/631 udp/631",
    "ipp-client": "udp/631", "ipsec": "protocol/esp protocol/ah udp/500,4500 tcp/4500",
    "irc": "tcp/194,6667", "ircs": "tcp/6697", "iscsi-target": "tcp/3260", "isns": "tcp/3205",
    "jenkins": "tcp/8080", "kadmin": "tcp/749", "kdeconnect": "tcp/1714-1764 udp/1714-1764",
    "kerberos": "tcp/88 udp/88", "kibana": "tcp/5601", "klogin": "tcp/543",
    "kpasswd": "tcp/464 udp/464", "kprop": "tcp/754", "kshell": "tcp/544", "kube-api": "tcp/6443",
    "kube-apiserver": "tcp/6443", "kube-nodeport-services": "tcp/30000-32767 udp/30000-32767",
    "kubelet": "tcp/10250", "ldap": "tcp/389", "ldaps": "tcp/636", "libvirt": "tcp/16509",
    "libvirt-tls": "tcp/16514", "llmnr": "tcp/5355 udp/5355", "managesieve": "tcp/4190",
    "matrix": "tcp/443,8448", "mdns": "udp/5353", "memcache": "tcp/11211 udp/11211",
    "minidlna": "tcp/8200 udp/1900", "mongodb": "tcp/27017", "mosh": "udp/60000-61000",
    "mountd": "tcp/20048 udp/20048", "mqtt": "tcp/1883", "mqtt-tls": "tcp/8883",
    "ms-wbt": "tcp/3389", "mssql": "tcp/1433", "mysql": "tcp/3306", "netbios-ns": "udp/137",
    "nfs": "tcp/2049", "nfs3": "tcp/2049 udp/2049", "nrpe": "tcp/5666", "ntp": "udp/123",
    "nut": "tcp/3493", "openvpn": "udp/1194", "pmcd": "tcp/44321", "pmproxy": "tcp/44322",
    "pop3": "tcp/110", "pop3s": "tcp/995", "postgresql": "tcp/5432", "prometheus": "tcp/9090",
    "prometheus-node-exporter": "tcp/9100", "ptp": "udp/319-320", "puppetmaster": "tcp/8140",
    "radius": "tcp/1812,1813 udp/1812,1813", "rdp": "tcp/3389 udp/3389", "redis": "tcp/6379",
    "redis-sentinel": "tcp/26379", "rpc-bind": "tcp/111 udp/111", "rquotad": "tcp/875 udp/875",
    "rsh": "tcp/514", "rsyncd": "tcp/873 udp/873", "rtsp": "tcp/554 udp/554",
    "salt-master": "tcp/4505-4506", "samba": "tcp/139,445 include/samba-client",
    "samba-client": "udp/138 include/netbios-ns", "sip": "tcp/5060,5061 udp/5060,5061",
    "sips": "tcp/5061 udp/5061", "slp": "tcp/427 udp/427", "smtp": "tcp/25",
    "smtp-submission": "tcp/587", "smtps": "tcp/465", "snmp": "tcp/161 udp/161",
    "snmptrap": "tcp/162 udp/162", "squid": "tcp/3128", "ssdp": "udp/1900", "ssh": "tcp/22",
    "stun": "tcp/3478 udp/3478", "submission": "tcp/587", "svn": "tcp/3690",
    "syncthing": "tcp/22000 udp/22000,21027", "syncthing-gui": "tcp/8384", "synergy": "tcp/24800",
    "syslog": "udp/514", "syslog-tls": "tcp/6514 udp/6514", "telnet": "tcp/23", "tftp": "udp/69",
    "tor-socks": "tcp/9050", "vnc-server": "tcp/5900-5903", "vrrp": "protocol/vrrp",
    "wireguard": "udp/51820", "wsdd": "udp/3702 tcp/5357", "wsman": "tcp/5985",
    "wsmans": "tcp/5986", "xdmcp": "tcp/177 udp/177", "xmpp-client": "tcp/5222",
    "xmpp-server": "tcp/5269", "zabbix-agent": "tcp/10050", "zabbix-server": "tcp/10051",
    "zerotier": "udp/9993",
  ]
}
