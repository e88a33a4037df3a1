"""The contacts detector, form by form; all numbers, names and hosts are invented."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.finding import Finding, Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene
from moderation.detectors.contacts import ContactDetector, find_contacts

DETECTOR = ContactDetector()


def screened(text: str, kind: Kind) -> tuple[Finding, ...]:
    return DETECTOR.screen(text, kind, Scene.REGISTRATION, date(2026, 11, 22))


# What a text holds, "kind value"; a text after which nothing follows holds its line's first contact.
MOBILE = """\
13800138000
电话13800138000
联系电话：138 0013 8000
138-0013-8000
138.0013.8000
138 001 38000
13800 138000
1380013 8000
138 00138000
1 3 8 0 0 1 3 8 0 0 0
1-3-8-0-0-1-3-8-0-0-0
1.3.8.0.0.1.3.8.0.0.0
138——0013——8000
138--0013--8000
138***0013***8000
138🌸0013🌸8000
1🍎3🍎8🍎0🍎0🍎1🍎3🍎8🍎0🍎0🍎0
138、0013、8000
（138）0013-8000
【138】0013【8000】
138/0013/8000
+8613800138000
+86 138 0013 8000
86-13800138000
008613800138000
(+86)13800138000
＋８６ １３８００１３８０００
１３８００１３８０００
①③⑧⓪⓪①③⑧⓪⓪⓪
❶❸❽⓿⓿❶❸❽⓿⓿⓿
⑴⑶⑻00⑴⑶⑻000
⒈⒊⒏00⒈⒊⒏000
1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣
𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎
¹³⁸⁰⁰¹³⁸⁰⁰⁰
一三八零零一三八零零零
一三八〇〇一三八〇〇〇
一三八 零零一三 八零零零
一三八，零零一三，八零零零
壹叁捌零零壹叁捌零零零
壹參捌零零壹參捌零零零
幺三八零零幺三八零零零
幺三八洞洞幺三八洞洞洞
㊀㊂㊇00㊀㊂㊇000
1三八00一3八0零0
一3八○○一3八○○○
138OO138OOO
l38oo138ooo
I38 0013 80OO
1a3b8c0d0e1f3g8h0i0j0
138a0013b8000
138x0013x8000
138\\n00138000
138\\n0013\\n8000
1\\n3\\n8\\n0\\n0\\n1\\n3\\n8\\n0\\n0\\n0
1\u200b3\u200b8\u200b00138000
138\xad0013\xad8000
要货打138零零138零零零
user13800138000
13800138000微信同号
手机号倒过来 00083100831
1散吧00一散吧000
①③8 零零13 八〇00
tel:13800138000
致电 138 0013 8000，价格好说
先到先得13800138000先生
13800138000\\n13800138000
📱138🔸0013🔸8000
一三八　零零一三　八零零零
138＊0013＊8000
1.13800138000
13800138000一直在线
13800138000陆小姐
a13800138000b"""

LANDLINE = """\
010-87654321 01087654321
(010)87654321 01087654321
（０１０）８７６５４３２１ 01087654321
0755-8765 4321 075587654321
电话021-87654321 02187654321
电话01087654321 01087654321
座机 87654321 87654321
☎️8765432 8765432
400-123-4567 4001234567
400 1234 567 4001234567
4006-123-456 4006123456
热线4001234567 4001234567
四零零-一二三-四五六七 4001234567
800-123-4567 8001234567
+852 9123 4567 +85291234567
＋85291234567 +85291234567
+886 912 345 678 +886912345678
+1 (415) 555-0100 +14155550100
+65 9123 4567 +6591234567"""

WECHAT = """\
微信：demo_abc demo_abc
微信demo12345 demo12345
微信号：demo-abc1 demo-abc1
微信号是demo_abc demo_abc
微信 DEMO_abc demo_abc
微信搜索：demoabc demoabc
加微信 demo_qc 领券 demo_qc
加微信demoabc demoabc
微信13800138000 13800138000
微信：138 0013 8000 13800138000
微信123456789 123456789
微信➡️demo_abc demo_abc
微信👉demo_abc demo_abc
微信\\ndemo_abc demo_abc
微 信：demo_abc demo_abc
微.信：demo_abc demo_abc
微❤：demo_abc demo_abc
微❤️demo_abc demo_abc
薇❤号 demo_abc demo_abc
加V❤信demo_abc demo_abc
加Ｖ❤信：ｄｅｍｏ＿ａｂｃ demo_abc
V❤：demo_abc demo_abc
V信：demo_abc demo_abc
v芯demo_abc demo_abc
加V demo_abc demo_abc
加V：demo_abc demo_abc
加v demoabc demoabc
加vdemo123 demo123
➕v：demo_abc demo_abc
➕V demo_abc demo_abc
+v demo_abc demo_abc
加我v：demo_abc demo_abc
加我 v demo_abc demo_abc
V：demo_abc demo_abc
V demo_abc demo_abc
v号 demoabc demoabc
VX：demo_abc demo_abc
vx:demo_abc demo_abc
V X：demo_abc demo_abc
v.x demo_abc demo_abc
VX12345678 12345678
vx13800138000 13800138000
ＶＸ：demo_abc demo_abc
🅥🅧：demo_abc demo_abc
Ⓥⓧ：demo_abc demo_abc
🇻🇽：demo_abc demo_abc
wx：demo_abc demo_abc
WX demo_abc demo_abc
ѡх：demo_abc demo_abc
√x：demo_abc demo_abc
wechat: demo_abc demo_abc
WeChat ID: demoabc demoabc
we chat：demo_abc demo_abc
weixin：demo_abc demo_abc
wei信demo_abc demo_abc
wei xin: demo_abc demo_abc
微xin：demo_abc demo_abc
jia v demo_abc demo_abc
薇信：demo_abc demo_abc
威信：demo_abc demo_abc
维信号demo_abc demo_abc
徽信：demo_abc demo_abc
溦信：demo_abc demo_abc
薇芯：demo_abc demo_abc
微芯demo_abc demo_abc
加薇：demo_abc demo_abc
➕薇 demo_abc demo_abc
加威 demo_abc demo_abc
伽微 demo_abc demo_abc
伽薇：demo_abc demo_abc
佳V：demo_abc demo_abc
加卫星 demo_abc demo_abc
➕卫星：demo_abc demo_abc
🛰️：demo_abc demo_abc
绿泡泡：demo_abc demo_abc
绿色软件：demo_abc demo_abc
微：demo_abc demo_abc
薇：demo_abc demo_abc
微 demo_abc demo_abc
加微 demo_abc demo_abc
加微：demo_plan01 demo_plan01
微信：d e m o 1 2 3 demo123
微信：demo🌸abc demoabc
wxid_demo12345 wxid_demo12345
微信/QQ：demo_abc demo_abc
企业微信：demo_abc demo_abc
需要的朋友加我微信demo_abc备注来意 demo_abc
微\u200b信：demo_abc demo_abc
微信同步demo_abc demo_abc
要不加微信 demo_abc 聊 demo_abc
WX：壹贰叁肆伍陆 123456
威❤️：demo_abc demo_abc
微信（demo_abc） demo_abc
微信【demo_abc】 demo_abc
V➕demo_abc demo_abc
V💌demo_abc demo_abc
加理赔专员 demo_lp demo_lp
请加客服 demo_kf 处理 demo_kf
加新号 demo_yue2 demo_yue2
加我 demo_abc demo_abc
滴滴我 demo_abc demo_abc
私我：demo_abc demo_abc
看签 demo_abc demo_abc
戳我：demo_abc demo_abc
退换货请联系 demo_kf2 demo_kf2"""

QQ = """\
QQ：12345678 12345678
QQ12345678 12345678
qq 12345678 12345678
QQ号是12345678 12345678
加QQ 123456789 123456789
ＱＱ１２３４５６７８ 12345678
Q Q：12345678 12345678
q.q 12345678 12345678
扣扣：12345678 12345678
扣扣12345678 12345678
叩叩 12345678 12345678
蔻蔻：12345678 12345678
抠抠 12345678 12345678
企鹅：12345678 12345678
企鹅号12345678 12345678
🐧：12345678 12345678
🐧12345678 12345678
🐧一二三四五六七八 12345678
球球：12345678 12345678
加Q12345678 12345678
加q：12345678 12345678
+q 12345678 12345678
➕Q 12345678 12345678
Q：12345678 12345678
q号12345678 12345678
Q12345678 12345678
加扣12345678 12345678
➕扣 demo10086 demo10086
加扣 demo777 demo777
扣：12345678 12345678
QQ12345678一起玩 12345678
QQ 1 2 3 4 5 6 7 8 12345678
QQ：1-2-3-4-5-6-7-8 12345678
QQ①②③④⑤⑥⑦⑧ 12345678
QQ：一二三四五六七八 12345678
QQ：壹贰叁肆伍陆柒捌 12345678
QQ➡️12345678 12345678
QQ123 456 789 123456789
qq群：123456789 123456789
QQ群123456789 123456789
Q群 123456789 123456789
群号：123456789 123456789
群号123456789 123456789
加群123456789 123456789
加裙：123456789 123456789
扣扣裙 demo55555 demo55555
裙号：123456789 123456789
君羊：123456789 123456789
君 羊 号123456789 123456789
加👗123456789 123456789
企鹅群：123456789 123456789
新群号 demo-9988 demo-9988
进群加：123456789 123456789
加我12345678 12345678
加我：一二三四五六七八 12345678
找我：12345678 12345678
滴滴12345678 12345678
看签：12345678 12345678
咨询：12345678 12345678
戳12345678 12345678
小号12345678 12345678"""

TELEGRAM = """\
电报：@demo_abc demo_abc
电报 @demo_abc demo_abc
TG：demo_abc demo_abc
tg@demo_abc demo_abc
tg:@demo_abc demo_abc
T G：demo_abc demo_abc
telegram: demoabc demoabc
Telegram @DemoAbc demoabc
飞机：@demo_abc demo_abc
飞机号 demo_abc demo_abc
加飞机 demo_abc demo_abc
纸飞机：demo_abc demo_abc
✈️@demo_abc demo_abc
✈️：demo_abc demo_abc
電報：@demo_abc demo_abc
https://t.me/demo_abc t.me/demo_abc
t.me/demo_abc t.me/demo_abc
t点me/demo_abc t.me/demo_abc
Ｔ．ＭＥ／demo_abc t.me/demo_abc
telegram.me/demo telegram.me/demo"""

EMAIL = """\
demo@mail.example demo@mail.example
邮箱：demo.abc@qq.com demo.abc@qq.com
12345678@qq.com 12345678@qq.com
12345678@qq 12345678@qq.com
demo#qq.com demo@qq.com
demo(at)qq.com demo@qq.com
demo[at]qq.com demo@qq.com
demo at qq dot com demo@qq.com
demo艾特qq.com demo@qq.com
demo艾特qq点com demo@qq.com
demo@qq点com demo@qq.com
demo@qq。com demo@qq.com
demo@163 .com demo@163.com
demo @ qq . com demo@qq.com
demo＠ｑｑ．ｃｏｍ demo@qq.com
12345678艾特qq点com 12345678@qq.com
d e m o 1 @ q q . c o m demo1@qq.com
demo@demo.com.cn demo@demo.com.cn
demo🌸qq.com demo@qq.com
Demo@QQ.COM demo@qq.com
demo@qq·com demo@qq.com"""

HOSTS = """\
https://www.demo.example/a?b=1 www.demo.example/a?b=1
http://demo-shop.com demo-shop.com
http：//demo.com demo.com
hxxp://demo.com/x demo.com/x
www.demo.com www.demo.com
WWW.DEMO.COM www.demo.com
demo.com demo.com
打开demo-yl.example看 demo-yl.example
demo123.vip demo123.vip
8868demo.cc 8868demo.cc
77889.com 77889.com
demo.com.cn demo.com.cn
demo.top demo.top
demo88.me demo88.me
shop.demo.co/x shop.demo.co/x
www.demo.live www.demo.live
ｗｗｗ．ｄｅｍｏ．ｃｏｍ www.demo.com
ⓦⓦⓦ.demo.com www.demo.com
demo点com demo.com
demo 点 com demo.com
demo。com demo.com
demo·com demo.com
demo(点)com demo.com
demo dot com demo.com
demo(dot)com demo.com
demo . com demo.com
demo点康姆 demo.com
8868点com 8868.com
www .demo. cn www.demo.cn
www点demo点com www.demo.com
www。demo。com www.demo.com
www demo com www.demo.com
w w w . d e m o . c o m www.demo.com
d e m o . c o m demo.com
dеmо.com demo.com
xn--fiqs8s.com xn--fiqs8s.com
xn--demo.xn--fiqs8s xn--demo.xn--fiqs8s
淘客.com 淘客.com
http://203.0.113.7:8080/a 203.0.113.7:8080/a
t.cn/A6demo t.cn/a6demo
https://bit.ly/demo bit.ly/demo
dwz.cn/demo dwz.cn/demo
b23.tv/demo b23.tv/demo
wa.me/8613800138000 wa.me/8613800138000
demo🌸.com demo.com
复制到浏览器打开 love.me love.me
demo.com/路径 demo.com/"""


def lines(table: str) -> list[str]:
    return table.split("\n")


def cases(table: str) -> list[tuple[str, str]]:
    return [(text.replace("\\n", "\n"), value) for text, value in (line.rsplit(" ", 1) for line in lines(table))]


MOBILES = [(text.replace("\\n", "\n"), "13800138000") for text in lines(MOBILE)]


@pytest.mark.parametrize(("text", "value"), MOBILES + cases(LANDLINE))
def test_a_telephone_number_is_found(text: str, value: str) -> None:
    assert {(c.kind.value, c.value) for c in find_contacts(text)} == {("phone", value)}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kind, text, value)
        for kind, table in (("wechat", WECHAT), ("qq", QQ), ("telegram", TELEGRAM), ("email", EMAIL))
        for text, value in cases(table)
    ],
)
def test_a_name_or_number_after_a_lead_is_found(kind: str, text: str, value: str) -> None:
    assert [(c.kind.value, c.value) for c in find_contacts(text)] == [(kind, value)]


@pytest.mark.parametrize(("text", "value"), cases(HOSTS))
def test_a_host_is_found(text: str, value: str) -> None:
    [contact] = find_contacts(text)
    assert (contact.kind.value in ("url", "domain"), contact.value) == (True, value)


NOTHING = """\
今天天气不错，一起去爬山吧
不加微信
不加微信，谢谢
别加我
别加我微信
别加我微信demo_abc
请勿加微信demo_abc
没有微信demo_abc
微信运动
微信支付12345元
微信群里有12345人
我的微信步数12345
微信步数 23456，今天第一
微信8.0.50版本
微信2023年度报告
微信android版闪退
微信 Windows 版更新了
微信iPhone15收不到通知
微信新版本能把朋友圈置顶了
用微信转账10000元
微信零钱还有123456元
加微信
加v
加V看福利
V 同名
薇信同号
微博加V认证
粉丝过万的大V
QQ音乐
QQ飞车手游
QQ 号被盗了怎么找回
QQ20周年
QQ2023版
qq堂
Q弹
Q345钢材
Q235B
V5
V8发动机
V50
2.0TV6
VX航天
vx技术
vivo X100
加VIP会员
加vip888888
加video12345
vlog12345
wxpython教程
wx.Frame
稍微 python3.11 一点
轻微 abc_123
卫星 beidou3
卫星发射了starlink
威信扫地
企鹅有12345只
企鹅在南极
飞机 boeing737
飞机票12345元
坐飞机去北京
✈️ 东京 Tokyo2024
电报是19世纪的发明
群众12345人
群里123456人
裙子128000
群发20240101
加我一起玩
联系我们
联系电话见公告
咨询12345
咨询热线96110
拨打12345市民热线
打110
打120急救
请拨打 96110
电话95588
12306订票
联系10086
联系95533
全国统一12315
救助热线400-161-9995
心理援助 010-82951332
联系我们 20240101
私信前100名
私信我领iPhone15
滴滴打车12345
滴滴666666
扣666666
扣1
扣分12345
加一万
加油加一
加薪30000
出生于1990年
2019年12月31日
2020-2023
2019-2023年在读
QQ 2020-2023
1990-01-01 123
1998/12/31 100
20240101
2024.01.01
身高180体重70
180/70/25
180 70 25 1995
13:45:30
12:30-13:30
比分 3:2 1:0 2:2
3.14159265358979
3.14159265358
0.13800138000
圆周率三点一四一五九二六五三五八九
192.168.100.123
192.168.1.100
139.196.12.345678
139.196.123.45
8.8.8.8
版本 1.13.8001
v1.2.3
v10.0.19041.1234
身份证110101199003071234
110101 19900307 1234
卡号6222021300138000123
6222 0213 1380 1380 123
6222 0213 0013 8000
订单号13800138000
订单编号：13800138000
快递单号 SF1380013800012
运单号13800138000123
SF13800138000
单号13800138000，帮查一下
学号13800138000
12345678901234567890
13800138000138001380
1380013800
138001380001
23800138000
12800138000
ISBN 978-7-302-12345-6
9787302123456
6901234567892
邮编100080
房间号 8888
3栋502
电话尾号 0417
301路公交
K1234次列车
CA1234航班
京A12345
国债15000000000元
营收13800138000元
13800138000美元
15000-20000元
1500-2000 300字
月薪15000-20000
13000、15000、18000
1 3 5 7 9 11 13 15 17
1,3,5,7,9,11,13,15,17,19
13、15、17、19、23、28、05
1+2+3+4+5+6+7+8+9
13579246810
12345678910
1314520
13145201314
5201314
520 1314
748
233333333333
666666666666
88888888
11111111111
00000000000
用户8827363
阿强9527
小明2008
彩金派送员007
一二三四五六七
一五一十
三三两两
一去二三里，烟村四五家
一二三四五六七八九十
零零后
二零二三年一月
一九九零年
五一二汶川
十三亿人
a1b2c3d4e5f6
5f4dcc3b5aa765d61d8327deb882cf99
a3f13800138000be4
550e8400-e29b-41d4-a716-446655440000
0x1380013800
#138001
1699999999
1699999999999
readme.md
main.py
a.txt
index.html
node.js
vue.js
app.ts
photo.jpg
setup.exe
data.csv
archive.tar.gz
.env.example
main.cc
foo.rs
U.S.
U.S.A
e.g. this
i.e. that
Mr.cc
Dr.Top
ASP.NET
VB.net
.NET Core
Microsoft .NET Framework
Web3.0
S.H.E
N.E.T
love.me
just.do.it
live.love.laugh
Good morning.have a nice day
I love you.love me
what a company.Top quality
Yes. Top 10
1.Top榜单
5点cn
8点vip场
10点top
12点30
三点com
晚上8点live
i love china. net worth
我用OK。但是
OK。No
3.5
￥99.9
99.9%
16:9
24/7
1/2
C++
C#
F#
AT&T
R&D
@小明
@demo_abc 你看
加油@demo
git@1.2.3
icon@2x.png
react@18.2.0
com.demo.app
com.xiaomi.cn.app
www
www.
www。哈哈
http
https://
点com
.com
sina.gov.cn
www.gov.cn
beijing.gov.cn
pku.edu.cn
12306.cn
localhost:8000
http://127.0.0.1:8000
http://192.168.1.1
iPhone15 Pro Max
RTX4090
咨询RTX4090价格
联系 gpt4turbo
Redmi K70 Pro
小米14 Ultra
note13pro
华为mate60pro
GTX1080ti
type-c
usb3.0
大学英语四六级425分
ABO
O型血
BV1xx411c7mD
av170001
UID:123456789
id 123456789
游戏ID：123456789
房号123456
口令123456
验证码123456
密码123456
提取码：a1b2
CN2024123456
GB/T 1234-2020
GB 12345-2008
第123456届
排名123456
播放量1234567
粉丝12345678
步数12345
跑了42195米
打卡第1234天
倒数 365 天
19991231
95后
00后程序员
退役老兵，当过十二年兵
程序员｜摄影｜旅行
🌸🌸🌸🌸🌸🌸
✨小★雨✨
❤️❤️❤️
❤️V❤️
ins风
Hello World
How are you
JavaScript
天天向上 Day1
A股3000点
人民币汇率7.1234567
纳斯达克18000.12345
GDP 1349084亿元
0.1+0.2=0.30000000000000004
1e10
1138001380001
今晚8点，微信视频号见
我微信没钱了
微信读书 kindle2024
微信公众平台
v我50
V我50
VV
QAQ
qwq12
TG
飞机杯
群1
三群已满
进群看公告
电话打不通
手机坏了 iPhone13
热线访谈
tel aviv
接电话"""


@pytest.mark.parametrize("text", lines(NOTHING))
def test_ordinary_talk_and_other_numbers_are_no_contacts(text: str) -> None:
    assert find_contacts(text) == ()
